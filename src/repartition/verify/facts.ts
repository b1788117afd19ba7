/** What footers tell of a part, reduced to what the checks need: there may be a million parts. */
import type { DataSet } from '../../metadata/index.js';
import { type Footer } from '../../parquet/footer.js';
import { ColumnChunk, ColumnMetaData, PhysicalType, RowGroup, Statistics } from '../../parquet/format.js';
import { schemaDifference } from '../../parquet/same-schema.js';
import { readChunks } from '../../parquet/source-chunk.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import { dataSetName } from '../data-set-name.js';
import { type LoneFacts, problemOf, readPart } from '../prepare/read-part.js';
import { type Columns, columnsOf } from './columns.js';

/** A part whose footer could be read. */
export interface PartFooter extends LoneFacts {
  /** Index into the data set's `schemas`. */
  schema: number;
  /** Nulls, empty and missing lists among them; undefined where a chunk has no count of them. */
  nulls?: number;
  /** Of INT64 columns with exact statistics: the smallest and largest value of each, in the order of the columns. */
  ranges?: ([number, number] | undefined)[];
}

/** A part, or why it can't be one. */
export type LookedPart = PartFooter | { path: string; problem: string };

/** One of the schemas that a data set's parts have: one, if all is well. */
export interface SchemaFacts {
  footer: Footer;
  columns: Columns;
  /** Names of the leaves with their physical types. */
  leaves: readonly { path: string; type: number }[];
}

export interface LookedDataSet {
  dataSet: DataSet;
  parts: LookedPart[];
  schemas: readonly SchemaFacts[];
}

export function isRead(part: LookedPart): part is PartFooter {
  return !('problem' in part);
}

/** Numbers the schemas of a data set as they are met. */
export class SchemaNumbers {
  readonly schemas: SchemaFacts[] = [];

  add(footer: Footer): number {
    const known = this.schemas.findIndex((one) => schemaDifference(one.footer, footer, 'all') === undefined);
    if (known >= 0) return known;
    const leaves = footer.leaves.map(({ path, type }) => ({ path, type }));
    return this.schemas.push({ footer, columns: columnsOf(footer), leaves }) - 1;
  }
}

/**
 * Reads a part's footer.
 * @throws RepartitionError when it can't be looked at; what is wrong with the part itself is returned
 */
export async function lookAtPart(
  storage: Storage,
  dataSet: DataSet,
  path: string,
  schemas: SchemaNumbers,
  options: CallOptions,
): Promise<LookedPart> {
  try {
    const { facts, footer } = await readPart(storage, dataSetName(dataSet), path, options);
    for (const group of footer.rowGroups) if (hasRows(group)) readChunks(footer, group);
    const nulls = nullsOf(footer);
    const ranges = dataSet.places[0].section === 'edges' ? rangesOf(footer) : undefined;
    // The facts last: V8 gives each object that is spread and then gets one more property a hidden class of its own.
    return {
      schema: schemas.add(footer),
      ...(nulls !== undefined && { nulls }),
      ...(ranges && { ranges }),
      ...facts,
    };
  } catch (error) {
    return { path, problem: problemOf(error) };
  }
}

/** A row group without rows has no pages that offsets could be true of. */
function hasRows(group: RowGroup): boolean {
  return (group.get(RowGroup.numRows) ?? 0) > 0;
}

function chunksOf({ rowGroups }: Footer): ColumnMetaData[][] {
  return rowGroups.map((group) =>
    (group.get(RowGroup.columns) ?? []).flatMap((chunk) => chunk.get(ColumnChunk.metaData) ?? []),
  );
}

function nullsOf(footer: Footer): number | undefined {
  let sum = 0;
  for (const meta of chunksOf(footer).flat()) {
    const nulls = meta.get(ColumnMetaData.statistics)?.get(Statistics.nullCount);
    if (nulls === undefined) return undefined;
    sum += nulls;
  }
  return sum;
}

function rangesOf(footer: Footer): PartFooter['ranges'] {
  const groups = chunksOf(footer);
  return footer.leaves.map(({ type }, i) => {
    if (type !== PhysicalType.int64) return undefined;
    const ranges = groups.map((chunks) => int64Range(chunks[i]?.get(ColumnMetaData.statistics)));
    const known = ranges.filter((range) => range !== undefined);
    if (known.length === 0 || known.length < ranges.length) return undefined;
    return [Math.min(...known.map(([low]) => low)), Math.max(...known.map(([, high]) => high))];
  });
}

/** Bounds that are no values say nothing of the values. The older fields order signed integers as these do. */
function int64Range(statistics: Statistics | undefined): [number, number] | undefined {
  if (!statistics) return undefined;
  const low = statistics.get(Statistics.minValue) ?? statistics.get(Statistics.min);
  const high = statistics.get(Statistics.maxValue) ?? statistics.get(Statistics.max);
  if (low?.length !== 8 || high?.length !== 8) return undefined;
  if (statistics.get(Statistics.isMinValueExact) === false) return undefined;
  if (statistics.get(Statistics.isMaxValueExact) === false) return undefined;
  return [int64(low), int64(high)];
}

function int64(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}
