/** Which data sets of a type DistPartitioning could read side by side, from what footers tell. Pure. */
import type { DataSet } from '../../metadata/model.js';
import type { NotAligned } from '../api.js';
import type { LoneFacts } from '../prepare/read-part.js';
import { shapeChange } from '../prepare/shape.js';

/** A part, reduced: there may be a million. */
export interface ListedPart {
  rows: number;
  /** Bytes of the file; 0 of one that cannot be read. */
  bytes: number;
  /** It is a label or mask without a true flat shape, or carries a shape that is not its own. */
  hasWrongShape: boolean;
  isUnreadable: boolean;
}

export const UNREADABLE: ListedPart = { rows: 0, bytes: 0, hasWrongShape: false, isUnreadable: true };

export function listedPart(dataSet: Pick<DataSet, 'flat'>, facts: LoneFacts): ListedPart {
  const hasWrongShape = shapeChange(dataSet, facts) !== undefined;
  return { rows: facts.rows, bytes: facts.size, hasWrongShape, isUnreadable: false };
}

/** A data set with what was found of it. */
export interface CountedDataSet {
  parts: readonly ListedPart[];
  /** What the metadata say, where they do. */
  declared: readonly (readonly number[])[];
}

/**
 * For each data set of a type why it does not go with the others, or undefined. The layout that most of them have is the
 * one to have; of several, the first.
 */
export function misfits(dataSets: readonly CountedDataSet[]): (NotAligned | undefined)[] {
  const layouts = dataSets.map(({ parts }) => parts.map(({ rows }) => rows).join(' '));
  const votes = new Map<string, number>();
  // What can't be read has no say.
  for (const [i, layout] of layouts.entries()) {
    const isRead = dataSets[i]!.parts.every(({ isUnreadable }) => !isUnreadable);
    if (isRead) votes.set(layout, (votes.get(layout) ?? 0) + 1);
  }
  const most = Math.max(...votes.values());
  const wanted = layouts.find((layout) => votes.get(layout) === most) ?? '';
  const wantedParts = dataSets[layouts.indexOf(wanted)]?.parts.length ?? 0;
  return dataSets.map(({ parts, declared }, i) => {
    if (parts.some(({ isUnreadable }) => isUnreadable)) return 'unreadable';
    if (parts.length !== wantedParts) return 'part-count';
    if (layouts[i] !== wanted) return 'row-count';
    if (parts.some(({ rows }) => rows === 0)) return 'empty-part';
    if (parts.some(({ hasWrongShape }) => hasWrongShape)) return 'shape';
    const isDeclared = declared.every((counts) => counts.every((count, k) => count === parts[k]?.rows));
    return isDeclared ? undefined : 'declared-rows';
  });
}
