/** Findings in the order in which people should read them. */
import type { Violation } from '../api.js';
import type { Finding } from './finding.js';

/** Of the kinds that explain others: what can't be read has no rows to agree on. */
const FIRST: readonly Violation['kind'][] = [
  'stale',
  'metadata',
  'types',
  'unreadable',
  'never-aligned',
  'part-count',
];

/**
 * Those of the whole graph first, then those of the type that has most; inside a type as they were found, but for what
 * explains others.
 */
export function inOrder(findings: readonly Finding[], severity: Finding['severity']): Violation[] {
  const byType = new Map<string | undefined, Violation[]>();
  for (const { severity: own, ...found } of findings) {
    if (own !== severity) continue;
    const known = byType.get(found.type);
    if (known) known.push(found);
    else byType.set(found.type, [found]);
  }
  return [...byType]
    .sort(([a, one], [b, other]) => {
      if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined);
      return other.length - one.length;
    })
    .flatMap(([, found]) => found.sort((a, b) => rank(a) - rank(b)));
}

function rank({ kind }: Violation): number {
  const first = FIRST.indexOf(kind);
  return first < 0 ? FIRST.length : first;
}
