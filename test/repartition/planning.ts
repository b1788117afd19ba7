/** Facts of parts for tests of the planning. */
import fc from '../support/properties.js';
import type { DataSet, Place } from '../../src/metadata/model.js';
import type { Candidate, CountedDataSet, CountedGroup, PartFacts } from '../../src/repartition/model.js';

export interface PartOptions {
  flat?: boolean;
  scalarColumn?: boolean;
  /** Numbers of the parts' schemas. */
  schemas?: number[];
  shapes?: (string | undefined)[];
  bytesPerRow?: number;
  places?: [Place, ...Place[]];
}

/** A node feature with parts of these row counts. */
export function feature(name: string, layout: readonly number[], options: PartOptions = {}): CountedDataSet {
  const parts = layout.map((rows, i): PartFacts => {
    const shape = options.shapes?.[i];
    return {
      path: `node_data/user-${name}/parquet/part-${String(i).padStart(5, '0')}-uuid.snappy.parquet`,
      size: rows * (options.bytesPerRow ?? 8) + 100,
      version: 'v1',
      rows,
      tail: i,
      bytes: rows * (options.bytesPerRow ?? 8),
      scalarColumn: options.scalarColumn ?? true,
      columns: 1,
      schema: options.schemas?.[i] ?? 0,
      ...(shape !== undefined && { shape }),
    };
  });
  const dataSet: DataSet = {
    places: options.places ?? [{ section: 'node_data', type: 'user', name }],
    parts: parts.map((part) => part.path),
    flat: options.flat ?? false,
  };
  return { dataSet, parts };
}

export function group(...dataSets: CountedDataSet[]): CountedGroup {
  const types = [...new Set(dataSets.flatMap(({ dataSet }) => dataSet.places.map(({ type }) => type)))];
  const isNode = dataSets[0]?.dataSet.places[0].section === 'node_data';
  return {
    group: {
      kind: isNode ? 'node' : 'edge',
      types: types as [string, ...string[]],
      dataSets: dataSets.map(({ dataSet }) => dataSet),
    },
    dataSets,
  };
}

/** As if somebody had chosen this layout. */
export function chosen(layout: readonly number[]): Candidate[] {
  return [{ layout, dataSets: [], cost: 0, chosen: true }];
}

/** Row counts, now and then 0, and often such that two layouts of the same rows have boundaries in common. */
export function layouts(total: number): fc.Arbitrary<number[]> {
  const cut = fc.oneof(
    fc.nat(total),
    fc.nat(Math.floor(total / 5)).map((fifth) => fifth * 5),
  );
  return fc.array(cut, { maxLength: 10 }).map((cuts) => {
    const bounds = [0, ...cuts.sort((a, b) => a - b), total];
    return bounds.slice(1).map((bound, i) => bound - bounds[i]!);
  });
}
