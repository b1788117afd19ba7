/**
 * From the segments of an object to the parts of a multipart upload. Pure: no request is made here.
 *
 *     segments   |b|------- copy A -------|b|-- copy B --|c|------------ copy C ------------|b|
 *     parts      |upload|-- copy of A --|upload          |-------- copy of C ---------|upload|
 *                    '--' fill             '------------'                              last: any size
 *
 * Each part but the last has at least 5 MiB, and a copied part comes from one range of one object. So the small
 * segments must share a part with some bytes around them, and those bytes pass through the client: fetched and
 * uploaded again. The plan makes them as few as can be.
 *
 * Limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
import { RepartitionError } from '../errors.js';
import { lengthOf, sliceOf } from '../segments.js';
import { cutIntoBlocks, objectSegments } from '../storage/blocks.js';
import type { CopySegment, Segment } from '../storage/storage.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** In bytes, except `maxParts`. */
export interface ComposeLimits {
  /** Of any part but the last. */
  minPart: number;
  maxPart: number;
  maxParts: number;
  maxObject: number;
  /** Longer copies are split so that S3 works on several at once, each for about a second. At least twice `minPart`. */
  copyPart: number;
}

export const S3_LIMITS: ComposeLimits = {
  minPart: 5 * MIB,
  maxPart: 5 * GIB,
  maxParts: 10_000,
  maxObject: 5 * 1024 * GIB,
  copyPart: 64 * MIB,
};

/** One part of a multipart upload. */
export type UploadPart = CopyPart | BytesPart;

/** Copied by the server from one range of one object. */
export interface CopyPart {
  kind: 'copy';
  source: CopySegment;
}

/** Uploaded: the pieces in order, of which the copies have to be fetched first. */
export interface BytesPart {
  kind: 'upload';
  size: number;
  pieces: Segment[];
}

export type ComposePlan =
  { kind: 'put'; size: number; pieces: Segment[] } | { kind: 'multipart'; size: number; parts: UploadPart[] };

/**
 * Chooses the parts whose concatenation is the concatenation of `segments`, such that as few bytes as possible
 * are fetched. An object that fits one uploaded part becomes a single put.
 * @throws RepartitionError `storage` when the object would be larger than S3 allows
 */
export function planCompose(segments: readonly Segment[], limits: ComposeLimits = S3_LIMITS): ComposePlan {
  const runs = objectSegments.joined(segments);
  const size = sizeOf(runs, limits);
  // Larger minimum parts mean fewer of them. Beyond size / (maxParts - 1) they are few enough for certain.
  let { minPart } = limits;
  for (;;) {
    const parts = partsFor(runs, size, { ...limits, minPart });
    if (parts.length <= limits.maxParts) return asPlan(parts, size);
    minPart = Math.min(2 * minPart, Math.max(minPart + 1, Math.ceil(size / (limits.maxParts - 1))));
  }
}

/** @throws RepartitionError when S3 takes no object of that size */
function sizeOf(runs: readonly Segment[], { maxObject }: Pick<ComposeLimits, 'maxObject'>): number {
  const size = runs.reduce((sum, run) => sum + lengthOf(run), 0);
  if (size <= maxObject) return size;
  throw new RepartitionError(
    'storage',
    `an object of ${size} bytes is larger than S3 allows (${maxObject} bytes)`,
    { hint: 'Use a layout with more parts, for example with `numOutputFiles`.' },
  );
}

function asPlan(parts: UploadPart[], size: number): ComposePlan {
  const [first] = parts;
  if (first === undefined) return { kind: 'put', size: 0, pieces: [] };
  if (parts.length === 1 && first.kind === 'upload') return { kind: 'put', size, pieces: first.pieces };
  return { kind: 'multipart', size, parts };
}

/** A stretch of the output that the server copies: `from..to` of the output lies inside `runs[run]`. */
interface CopiedStretch {
  run: number;
  from: number;
  to: number;
}

function partsFor(runs: readonly Segment[], size: number, limits: ComposeLimits): UploadPart[] {
  const starts = startsOf(runs);
  const parts: UploadPart[] = [];
  let at = 0;
  let run = 0;
  const uploadUpTo = (end: number): void => {
    // Parts of one to two minimum parts: no more memory than needed, and never too small.
    for (const part of evenly(end - at, Math.max(1, Math.floor((end - at) / limits.minPart)))) {
      const pieces: Segment[] = [];
      for (let left = part; left > 0;) {
        const segment = runs[run]!;
        const offset = at - starts[run]!;
        const take = Math.min(left, lengthOf(segment) - offset);
        pieces.push(sliceOf(segment, offset, offset + take));
        at += take;
        left -= take;
        if (offset + take === lengthOf(segment)) run += 1;
      }
      parts.push({ kind: 'upload', size: part, pieces });
    }
  };
  const copyPart = Math.min(limits.maxPart, Math.max(limits.copyPart, 2 * limits.minPart));
  for (const stretch of chooseCopies(runs, starts, limits.minPart)) {
    if (stretch.from > at) uploadUpTo(stretch.from);
    const source = runs[stretch.run] as CopySegment;
    const start = starts[stretch.run]!;
    const length = stretch.to - stretch.from;
    for (const part of evenly(length, Math.ceil(length / copyPart))) {
      parts.push({ kind: 'copy', source: sliceOf(source, at - start, at - start + part) as CopySegment });
      at += part;
    }
    run = at === start + lengthOf(source) ? stretch.run + 1 : stretch.run;
  }
  if (size > at) uploadUpTo(size);
  return parts;
}

/**
 * Parts that are all of one size but for the last, as some servers want them: those that lie inside a copied range are
 * copied, the others fetched and uploaded. Larger parts are fewer requests, and more bytes that pass through the client.
 * @throws RepartitionError `storage` when the object would be larger than S3 allows
 */
export function planEqualParts(
  segments: readonly Segment[],
  limits: Omit<ComposeLimits, 'copyPart'> & { mostHeld: number } = { ...S3_LIMITS, mostHeld: MOST_HELD },
): ComposePlan {
  const size = sizeOf(segments, limits);
  let best: UploadPart[] | undefined;
  let part = Math.max(limits.minPart, Math.ceil(size / limits.maxParts));
  do {
    const parts = partsOfSize(segments, part);
    if (!best || costOf(parts) < costOf(best)) best = parts;
    part *= 2;
  } while (part <= limits.mostHeld);
  return asPlan(best, size);
}

/** A part that is uploaded is held in memory. */
const MOST_HELD = 20 * MIB;

function partsOfSize(segments: readonly Segment[], size: number): UploadPart[] {
  return [...cutIntoBlocks(segments, size)].map(({ size, pieces }): UploadPart => {
    const [first] = pieces;
    return pieces.length === 1 && first?.kind === 'copy'
      ? { kind: 'copy', source: first }
      : { kind: 'upload', size, pieces };
  });
}

/** In bytes that pass through the client, and those that could in the time that requests take. */
function costOf(parts: readonly UploadPart[]): number {
  return parts.reduce((sum, part) => sum + MAX_HOLE + (part.kind === 'upload' ? part.size : 0), 0);
}

/** The output offset at which each run begins. */
function startsOf(runs: readonly Segment[]): number[] {
  let at = 0;
  return runs.map((run) => {
    const start = at;
    at += lengthOf(run);
    return start;
  });
}

/** `total` as `count` whole numbers that differ by at most one. */
function evenly(total: number, count: number): number[] {
  const base = Math.floor(total / count);
  const more = total % count;
  return Array.from({ length: count }, (_, i) => base + (i < more ? 1 : 0));
}

/** A choice of stretches that ends with one in `run`; `head` bytes of that run are given to the gap before. */
interface Choice {
  run: number;
  head: number;
  /** Bytes of copies that are fetched, up to the beginning of the run. */
  fetched: number;
  previous?: { choice: Choice; tail: number };
}

/** Three usable runs in a row are never all uploaded: copying the middle one needs no fill at all. */
const REACH = 3;

/**
 * Chooses the stretches to copy. Between two of them lies a gap, either empty or of at least `minPart` bytes;
 * when the runs in it are shorter, it takes a tail of the stretch before and a head of the one after. Only
 * runs of at least `minPart` can hold a stretch, except at the very end.
 *
 * A shortest path over the usable runs. Taking the tail first is never worse, for what is left of a tail serves
 * nothing else; whereas a shorter head keeps the next gap cheap, so that both the cheapest choice and the one
 * with the shortest head are worth keeping.
 */
function chooseCopies(runs: readonly Segment[], starts: readonly number[], minPart: number): CopiedStretch[] {
  const size = runs.length === 0 ? 0 : starts.at(-1)! + lengthOf(runs.at(-1)!);
  const startOf = (run: number): number => starts[run] ?? size;
  /** Bytes of copies before each run. */
  const copies: number[] = [0];
  for (const run of runs) copies.push(copies.at(-1)! + (run.kind === 'copy' ? lengthOf(run) : 0));
  const copiesBetween = (from: number, to: number): number => copies[to]! - copies[from]!;

  const last = runs.length - 1;
  const usable = runs.flatMap((run, i) =>
    run.kind === 'copy' && (lengthOf(run) >= minPart || i === last) ? [i] : [],
  );
  const choices = new Map<number, Choice[]>();
  let best: { fetched: number; choice: Choice | undefined } = {
    fetched: copiesBetween(0, runs.length),
    choice: undefined,
  };

  usable.forEach((run, n) => {
    const length = lengthOf(runs[run]!);
    const here: Choice[] = [];
    const room = run === last ? length - 1 : length - minPart;
    if (n < REACH) {
      const head = fillFor(startOf(run), minPart);
      if (head <= room) here.push({ run, head, fetched: copiesBetween(0, run) + head });
    }
    for (const before of usable.slice(Math.max(0, n - REACH), n)) {
      const beforeLength = lengthOf(runs[before]!);
      const fill = fillFor(startOf(run) - startOf(before) - beforeLength, minPart);
      for (const choice of choices.get(before) ?? []) {
        // Not the last part any more: it must keep its five MiB.
        const spare = beforeLength - minPart - choice.head;
        if (spare < 0) continue;
        const tail = Math.min(fill, spare);
        const head = fill - tail;
        if (head > room) continue;
        const fetched = choice.fetched + fill + copiesBetween(before + 1, run);
        here.push({ run, head, fetched, previous: { choice, tail } });
      }
    }
    const kept = pareto(here);
    choices.set(run, kept);
    for (const choice of kept) {
      if (run !== last && length - choice.head < minPart) continue;
      const fetched = choice.fetched + copiesBetween(run + 1, runs.length);
      if (fetched < best.fetched) best = { fetched, choice };
    }
  });

  const stretches: CopiedStretch[] = [];
  let tail = 0;
  for (let choice = best.choice; choice !== undefined;) {
    const { run, head, previous } = choice;
    stretches.push({
      run,
      from: startOf(run) + head,
      to: startOf(run) + lengthOf(runs[run]!) - tail,
    });
    tail = previous?.tail ?? 0;
    choice = previous?.choice;
  }
  return stretches.reverse();
}

/** What a gap of `length` bytes lacks. */
function fillFor(length: number, minPart: number): number {
  return length === 0 ? 0 : Math.max(0, minPart - length);
}

/** Those choices that no other one beats in both respects. */
function pareto(choices: Choice[]): Choice[] {
  const kept: Choice[] = [];
  for (const choice of choices.sort((a, b) => a.fetched - b.fetched || a.head - b.head)) {
    if (choice.head < (kept.at(-1)?.head ?? Infinity)) kept.push(choice);
  }
  return kept;
}

/** One ranged read, and where its bytes go in the part. */
export interface Fetch {
  path: string;
  version: string;
  start: number;
  end: number;
  /** Bytes `from..` of the object, `length` of them, belong at `at` in the part. */
  targets: { from: number; length: number; at: number }[];
}

/** A second request costs about as much as reading this many bytes in vain. */
export const MAX_HOLE = 256 * 1024;

/** The reads that bring the copied pieces of a part, neighbours in one object joined. */
export function planFetches(pieces: readonly Segment[], maxHole: number = MAX_HOLE): Fetch[] {
  const single: Fetch[] = [];
  let at = 0;
  for (const piece of pieces) {
    const length = lengthOf(piece);
    if (piece.kind === 'copy' && length > 0) {
      const { path, version, start, end } = piece;
      single.push({ path, version, start, end, targets: [{ from: start, length, at }] });
    }
    at += length;
  }
  const byObject = new Map<string, Fetch[]>();
  for (const fetch of single) {
    const object = `${fetch.version}\n${fetch.path}`;
    const others = byObject.get(object);
    if (others) others.push(fetch);
    else byObject.set(object, [fetch]);
  }
  return [...byObject.values()].flatMap((fetches) => {
    const joined: Fetch[] = [];
    for (const fetch of fetches.sort((a, b) => a.start - b.start)) {
      const last = joined.at(-1);
      if (last && fetch.start - last.end <= maxHole) {
        last.end = Math.max(last.end, fetch.end);
        last.targets.push(...fetch.targets);
      } else {
        joined.push(fetch);
      }
    }
    return joined;
  });
}
