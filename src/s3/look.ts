/** Looking at many objects: by listing their folders, which says of a thousand with one request. */
import pMap from 'p-map';
import type { CallOptions, ObjectStat } from '../storage/storage.js';

/** The two ways of asking. */
export interface Lookup<Stat extends { path: string } = ObjectStat> {
  stat(path: string, options: CallOptions): Promise<Stat | undefined>;
  /** The objects directly inside a folder, in the order of their keys. */
  pages(folder: string, options: CallOptions & { after: string }): AsyncIterable<Page<Stat>>;
  /** Fewer objects than this are asked for one by one; 12 unless given, as many as a list costs. */
  few?: number;
}

export interface Page<Stat = ObjectStat> {
  stats: Stat[];
  isLast: boolean;
}

/** Paths that are sorted and asked for together; what is known of so many is in memory. */
const WINDOW = 50_000;
/** Objects that a list names at most. */
const PAGE = 1000;
/** A list costs as much as twelve requests for one object, and takes longer. */
const FEW = 12;
const QUESTIONS_AT_ONCE = 16;

/** See `Storage.look`. */
export async function look<Stat extends { path: string }>(
  lookup: Lookup<Stat>,
  paths: Iterable<string>,
  found: (path: string, stat: Stat | undefined) => void,
  options: CallOptions,
): Promise<void> {
  for (const window of inWindows(paths)) {
    const stats = new Map<string, Stat>();
    const tell = (stat: Stat): unknown => stats.set(stat.path, stat);
    await pMap(questionsFor(window), (question) => ask(lookup, question, tell, options), {
      concurrency: QUESTIONS_AT_ONCE,
    });
    for (const path of window) found(path, stats.get(path));
  }
}

function* inWindows(paths: Iterable<string>): Generator<string[]> {
  let window: string[] = [];
  for (const path of paths) {
    window.push(path);
    if (window.length < WINDOW) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}

/** Paths in one folder, in the order of their keys: as many as a list might answer. */
interface Question {
  folder: string;
  paths: string[];
}

function* questionsFor(paths: readonly string[]): Generator<Question> {
  const byFolder = new Map<string, Set<string>>();
  for (const path of paths) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const others = byFolder.get(folder);
    if (others) others.add(path);
    else byFolder.set(folder, new Set([path]));
  }
  for (const [folder, inFolder] of byFolder) {
    const sorted = [...inFolder].sort(compareKeys);
    for (let i = 0; i < sorted.length; i += PAGE) yield { folder, paths: sorted.slice(i, i + PAGE) };
  }
}

async function ask<Stat extends { path: string }>(
  lookup: Lookup<Stat>,
  { folder, paths }: Question,
  tell: (stat: Stat) => void,
  options: CallOptions,
): Promise<void> {
  const [first = ''] = paths;
  const { few = FEW } = lookup;
  if (paths.length < few) return askForEach(lookup, paths, tell, options);
  const wanted = new Set(paths);
  let next = 0;
  const pages = lookup.pages(folder, { ...options, after: justBefore(first) });
  for await (const { stats, isLast } of pages) {
    for (const stat of stats) if (wanted.has(stat.path)) tell(stat);
    const last = stats.at(-1)?.path;
    const before = next;
    while (last !== undefined && next < paths.length && compareKeys(paths[next]!, last) <= 0) next++;
    if (isLast || next === paths.length) return;
    // A few among many others.
    if (next - before < few) return askForEach(lookup, paths.slice(next), tell, options);
  }
}

async function askForEach<Stat extends { path: string }>(
  lookup: Lookup<Stat>,
  paths: readonly string[],
  tell: (stat: Stat) => void,
  options: CallOptions,
): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      const stat = await lookup.stat(path, options);
      if (stat) tell(stat);
    }),
  );
}

/** A list begins behind a key: behind one with hardly any other between it and `path`. */
function justBefore(path: string): string {
  const start = path.replace(/.$/su, '');
  const last = path.charCodeAt(path.length - 1);
  // `part-1899` comes behind `part-1898~`, which is behind most of what begins with `part-1898`.
  return last > 0x20 && last < 0x7f ? `${start}${String.fromCharCode(last - 1)}~` : start;
}

/**
 * The order of their UTF-8, in which S3 lists keys. JavaScript's own order differs where a letter takes two code units:
 * those stand before U+E000 there, and behind U+FFFF in UTF-8.
 * @internal
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [isPairX, isPairY] = [x >= 0xd800 && x < 0xe000, y >= 0xd800 && y < 0xe000];
    return isPairX === isPairY ? x - y : isPairX ? 1 : -1;
  }
  return a.length - b.length;
}
