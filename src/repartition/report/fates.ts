/** What becomes of each part of a new layout, a letter each: there may be thousands, and many data sets. */
import type { DataSetPlan, Layout, PartFacts, Slice } from '../model.js';
import type { Fate } from './model.js';

const LETTERS: Readonly<Record<string, Fate>> = { k: 'kept', c: 'copied', x: 'cut', r: 'reencoded' };

/** By a plan: a part is cut where it begins or ends inside a row group. */
export function fatesOfPlan({ sources, parts, spliced }: DataSetPlan): string {
  const facts = new Map(spliced.parts === 0 ? [] : sources.map((part) => [part.path, part]));
  const isCut = (slice: Slice): boolean => {
    const source = facts.get(slice.path);
    return source !== undefined && [slice.from, slice.to].some((row) => isInside(source, row));
  };
  let fates = '';
  for (const part of parts) {
    if (part.kind === 'keep') fates += 'k';
    else if (part.task.method === 're-encode') fates += 'r';
    else fates += part.task.slices.some(isCut) ? 'x' : 'c';
  }
  return fates;
}

function isInside({ rows, rowGroups = [{ rows, bytes: 0 }] }: PartFacts, row: number): boolean {
  let start = 0;
  for (const group of rowGroups) {
    if (row <= start) break;
    start += group.rows;
  }
  return row !== start && row > 0;
}

/** A data set as metadata list it. */
export interface ListedParts {
  parts: readonly string[];
  layout: Layout;
}

/** By two documents: row groups are not known there, so a part counts as cut where it begins or ends inside an old part. */
export function fatesOfDocuments(before: ListedParts, after: ListedParts): string {
  const old = new Set(before.parts);
  const bounds = new Set(boundsOf(before.layout));
  const ends = boundsOf(after.layout);
  return after.parts
    .map((path, i) => {
      if (old.has(path)) return 'k';
      return bounds.has(ends[i]!) && bounds.has(ends[i + 1]!) ? 'c' : 'x';
    })
    .join('');
}

/** Where parts begin, and where the last ends. */
function boundsOf(layout: Layout): number[] {
  const bounds = [0];
  for (const rows of layout) bounds.push(bounds.at(-1)! + rows);
  return bounds;
}

/** How many parts have which fate. */
export function countFates(fates: string): Record<Fate, number> {
  const counts = { kept: 0, copied: 0, cut: 0, reencoded: 0 };
  for (const letter of fates) {
    const fate = LETTERS[letter];
    if (fate) counts[fate]++;
  }
  return counts;
}
