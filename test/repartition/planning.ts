/** Facts of parts for tests of the planning. */
import type { DataSet } from '../../src/metadata/model.js';
import type { CountedDataSet, CountedGroup, PartFacts } from '../../src/repartition/model.js';

export interface PartOptions {
  flat?: boolean;
  flatColumn?: boolean;
  shapes?: (string | undefined)[];
  bytesPerRow?: number;
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
      flatColumn: options.flatColumn ?? true,
      ...(shape !== undefined && { shape }),
    };
  });
  const dataSet: DataSet = {
    places: [{ section: 'node_data', type: 'user', name }],
    parts: parts.map((part) => part.path),
    flat: options.flat ?? false,
  };
  return { dataSet, parts };
}

export function group(...dataSets: CountedDataSet[]): CountedGroup {
  return {
    group: { kind: 'node', types: ['user'], dataSets: dataSets.map(({ dataSet }) => dataSet) },
    dataSets,
  };
}
