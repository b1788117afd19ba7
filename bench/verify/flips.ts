/** Bits that flip in the pages of made parts, and whether a deep look notices: against what the part said before. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { readFooter } from '../../src/parquet/footer.js';
import { PageHeader } from '../../src/parquet/format.js';
import { readPageHead } from '../../src/parquet/page-header.js';
import { readChunks } from '../../src/parquet/source-chunk.js';
import type { Unit } from '../../src/repartition/verify/deep/model.js';
import { Tally } from '../../src/storage/tally.js';

/** From the built package, whose threads start from there. */
interface Built {
  readUnits: typeof import('../../src/repartition/verify/deep/pool.js').readUnits;
  openStorage: typeof import('../../src/storages.js').openStorage;
  locate: typeof import('../../src/storages.js').locate;
}

export interface Flip {
  part: string;
  byte: number;
  bit: number;
  /** Where it lies: a page's header or its body, and whether the page has a checksum. */
  where: 'header' | 'body' | 'body with checksum';
}

export interface FlipReport {
  flips: number;
  /** Those that nobody noticed. */
  missed: Flip[];
}

export interface FlipRequest extends Built {
  /** Made parts, as paths on the disk. */
  parts: readonly string[];
  flips: number;
  seed: number;
  /** Where copies are written. */
  folder: string;
}

export async function flipBits(request: FlipRequest): Promise<FlipReport> {
  const { parts, flips, seed, folder } = request;
  await mkdir(folder, { recursive: true });
  const pages = await Promise.all(parts.map(pagesOf));
  const total = pages.reduce((sum, { bytes }) => sum + bytes, 0);
  const random = mulberry32(seed);
  const chosen: Flip[] = [];
  for (let i = 0; i < flips; i++) {
    let at = Math.floor(random() * total);
    const p = pages.findIndex(({ bytes }) => (at -= bytes) < 0);
    const { part, ranges, data } = pages[p]!;
    at += pages[p]!.bytes;
    const range = ranges.find(({ start, end }) => (at -= end - start) < 0)!;
    const byte = range.end + at;
    const bit = Math.floor(random() * 8);
    const copy = Buffer.from(data);
    copy[byte]! ^= 1 << bit;
    await writeFile(join(folder, `flip-${i}.parquet`), copy);
    chosen.push({ part, byte, bit, where: range.where });
  }
  for (const [i, { data }] of pages.entries()) await writeFile(join(folder, `part-${i}.parquet`), data);
  const facts = await look(request, [
    ...pages.map((_, i) => `part-${i}.parquet`),
    ...chosen.map((_, i) => `flip-${i}.parquet`),
  ]);
  const before = new Map(pages.map(({ part }, i) => [part, facts[i]!]));
  const missed = chosen.filter(({ part }, i) => facts[pages.length + i] === before.get(part));
  return { flips, missed };
}

/** Everything that is summed up of each file, as text. */
async function look(
  { folder, readUnits, openStorage, locate }: FlipRequest,
  names: readonly string[],
): Promise<string[]> {
  const storage = await openStorage(await locate(folder));
  const units = await Promise.all(
    names.map(async (path, id): Promise<Unit> => {
      const footer = await readFooter(await readerOf(join(folder, path)));
      return {
        kind: 'part',
        id,
        ...(await storage.stat(path))!,
        rowGroups: [0, footer.rowGroups.length],
        bytes: 0,
        counted: 'none',
      };
    }),
  );
  const facts = new Array<string>(units.length);
  const onDone = ({ id }: { id: number }, found: object): void => {
    facts[id] = 'problem' in found ? `${id} unreadable` : JSON.stringify(found);
  };
  await readUnits(storage, units, {
    threads: undefined,
    memory: undefined,
    signal: undefined,
    tally: Tally.empty(),
    onBytes: () => undefined,
    onDone,
  });
  await storage.close();
  return facts;
}

async function readerOf(path: string) {
  const data = await readFile(path);
  return {
    name: path,
    size: data.length,
    readOverhead: 0,
    smallestCopy: 0,
    memory: Memory.within(DEFAULT_MEMORY),
    read: (start: number, end: number) => Promise.resolve(data.subarray(start, end)),
  };
}

interface Pages {
  part: string;
  data: Buffer;
  ranges: { start: number; end: number; where: Flip['where'] }[];
  bytes: number;
}

/** Headers and bodies of all pages. */
async function pagesOf(part: string): Promise<Pages> {
  const data = await readFile(part);
  const footer = await readFooter(await readerOf(part));
  const ranges = footer.rowGroups.flatMap((group) =>
    readChunks(footer, group).flatMap(({ range }) => {
      const found: Pages['ranges'] = [];
      for (let at = range.start; at < range.end;) {
        const head = readPageHead(data, at);
        const [body, end] = [at + head.size, at + head.size + head.compressedSize];
        const where = head.struct.has(PageHeader.crc) ? 'body with checksum' : 'body';
        found.push({ start: at, end: body, where: 'header' }, { start: body, end, where });
        at = end;
      }
      return found;
    }),
  );
  return { part, data, ranges, bytes: ranges.reduce((sum, { start, end }) => sum + end - start, 0) };
}

/** Small, seeded and good enough. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
