/**
 * Reads values with parquet-wasm into apache-arrow: readers that share no line with the engine. They are given excerpts, so
 * memory holds some pages of a column, whatever the size of row groups.
 */
import type { Data } from 'apache-arrow';
import { messageOf, RepartitionError } from '../../../errors.js';
import { MemoryError, type Room } from '../../../memory.js';
import { RowGroup } from '../../../parquet/format.js';
import { readChunks } from '../../../parquet/source-chunk.js';
import type { ObjectStat, Storage } from '../../../storage/storage.js';
import { readBatches, readerBytes, UnknownArrow } from './batches.js';
import { type Column, columnsOf } from './columns.js';
import { type Excerpt, excerptsOf } from './excerpt.js';
import type { Desk } from './desk.js';
import { USUAL_ROOM } from './excerpt-room.js';
import { type FileOptions, PartFile } from './file.js';
import { type KnownLevels, ListsRead } from './known-levels.js';
import type { PartUnit, UnitFacts } from './model.js';
import { Tally } from './tally.js';
import { UnreadablePart } from './unreadable.js';
import { windowSizes, windowsRoom } from './windows.js';

export interface ReadOptions extends FileOptions {
  /** The thread's. */
  desk: Desk;
}

/** A reader that has grown beyond this is given up after its unit, with all its memory. */
export const MOST_READER_BYTES = 64 * 1024 * 1024;

/** What reading takes, unless pages claim more. */
export function usualRoom(storage: Storage): number {
  return windowsRoom(windowSizes(storage.profile)) + USUAL_ROOM;
}

/** What a unit has come to, and whether its reader is not to be used again. */
export interface Outcome {
  facts: UnitFacts;
  isSpent: boolean;
}

/** What is wrong with a part, as a finding will say it. */
export class UnitProblem extends Error {
  constructor(
    readonly facts: UnitFacts,
    /** It was found by the reader, which may still hold what it was reading. */
    readonly isSpent: boolean,
  ) {
    super();
  }
}

/** @throws whatever keeps us from looking; what is wrong with the part is returned */
export async function readUnit(storage: Storage, unit: PartUnit, options: ReadOptions): Promise<Outcome> {
  const tally = new Tally(unit.counted);
  const room = await options.memory.take(Math.min(usualRoom(storage), options.memory.total));
  try {
    const rows = await readRows(
      storage,
      unit,
      { ...options, room, rowGroups: unit.rowGroups },
      (name, data, goesOn) => tally.add(name, data, goesOn),
    );
    tally.addRows(rows);
    return { facts: { kind: 'part', ...tally.facts() }, isSpent: readerBytes() > MOST_READER_BYTES };
  } catch (error) {
    if (error instanceof UnitProblem) return { facts: error.facts, isSpent: error.isSpent };
    throw error;
  } finally {
    room.release();
  }
}

export interface RowsRequest extends ReadOptions {
  /** For what is read; it is as large again afterwards. */
  room: Room;
  /** Half open; all unless given. */
  rowGroups?: readonly [number, number];
}

/** @param goesOn the batch's first list goes on with the one before, behind a value that is not there */
export type TakeBatch = (name: string, data: Data, goesOn: boolean) => void;

/**
 * Gives every batch of every column to `take`, a column of a row group after the other.
 * @returns rows
 * @throws UnitProblem, or whatever keeps us from looking
 */
export async function readRows(
  storage: Storage,
  part: ObjectStat,
  { rowGroups, room, ...options }: RowsRequest,
  take: TakeBatch,
): Promise<number> {
  try {
    const file = await PartFile.open(storage, part, options);
    const columns = columnsOf(file.footer);
    let rows = 0;
    const [from, to] = rowGroups ?? [0, file.footer.rowGroups.length];
    for (const [i, group] of file.footer.rowGroups.slice(from, to).entries()) {
      const expected = group.get(RowGroup.numRows) ?? 0;
      // There is nothing to read, and no offset that could be true.
      if (expected === 0) continue;
      for (const column of columns) {
        const read = await readColumn({ file, column, group, room, desk: options.desk }, options, take);
        if (read === expected) continue;
        throw new UnreadablePart(
          `row group ${from + i}: column ${column.name} has ${read} rows, its footer says ${expected}`,
        );
      }
      rows += expected;
    }
    return rows;
  } catch (error) {
    throw explained(part, error);
  }
}

async function readColumn(
  { group, ...source }: { file: PartFile; column: Column; group: RowGroup; room: Room; desk: Desk },
  { signal }: ReadOptions,
  take: TakeBatch,
): Promise<number> {
  const { column, file } = source;
  const { firstLeaf, leaves } = column;
  const chunks = readChunks(file.footer, group).slice(firstLeaf, firstLeaf + leaves.length);
  const stated = group.get(RowGroup.numRows) ?? 0;
  const values = chunks.reduce((most, { numValues }) => Math.max(most, numValues), 1);
  let rows = 0;
  for await (const excerpt of excerptsOf({ ...source, chunks, rows: stated })) {
    signal?.throwIfAborted();
    rows += await readExcerpt(
      excerpt,
      { column, valuesPerRow: values / stated, known: source.desk.known },
      take,
    );
  }
  return rows;
}

async function readExcerpt(
  excerpt: Excerpt,
  how: { column: Column; valuesPerRow: number; known: KnownLevels },
  take: TakeBatch,
): Promise<number> {
  const { levels } = excerpt;
  const lists = new ListsRead();
  let rows = 0;
  let { goesOn } = excerpt;
  await readBatches(excerpt, how, (data) => {
    if (levels !== undefined) lists.add(data);
    rows += data.length - (goesOn ? 1 : 0);
    take(how.column.name, data, goesOn);
    goesOn = false;
  });
  const offsets = levels === undefined ? undefined : lists.offsets(excerpt.values);
  if (levels !== undefined && offsets) how.known.learn(levels, offsets, excerpt.goesOn ? 1 : 0);
  return rows;
}

/** parquet-wasm throws texts. */
function explained({ path }: ObjectStat, error: unknown): unknown {
  if (error instanceof RepartitionError && error.code !== 'parquet') return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  const problem = messageOf(error).split('\n')[0]!.trim();
  if (error instanceof UnknownArrow) return new UnitProblem({ kind: 'unknown', path, problem }, true);
  const ours = inOurWords(error, problem);
  const told = ours ?? `parquet-wasm cannot read it: ${problem}`;
  return new UnitProblem({ kind: 'unreadable', path, problem: told }, ours === undefined);
}

function inOurWords(error: unknown, problem: string): string | undefined {
  if (error instanceof MemoryError) return `a page ${problem}; \`memory\` of ${error.allowance} will do`;
  return error instanceof RepartitionError || error instanceof UnreadablePart ? problem : undefined;
}
