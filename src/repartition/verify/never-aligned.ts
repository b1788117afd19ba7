/** What a prefix that was never aligned lacks is one thing: the alignment. So a type gets one line for it. */
import type { Violation } from '../api.js';
import { rowsOf } from './check-parts.js';
import { type LookedType } from './check-types.js';
import { isRead } from './facts.js';
import { countOf, type Finding, violation } from './finding.js';

/** What an alignment mends. */
const MENDED: ReadonlySet<Violation['kind']> = new Set(['part-count', 'row-count', 'empty-part', 'shape']);

/**
 * Findings with those that an alignment would mend told once for each type.
 * @param advice what to do, as a sentence's end
 */
export function asOnePerType(
  findings: readonly Finding[],
  types: readonly LookedType[],
  advice: string,
): Finding[] {
  const isMended = ({ severity, kind, part }: Finding): boolean =>
    severity === 'violation' && MENDED.has(kind) && !(kind === 'empty-part' && part === undefined);
  const told = types.flatMap((type) => {
    const own = findings.filter((finding) => finding.type === type.type && isMended(finding));
    if (own.length === 0) return [];
    const totals = totalsOf(type);
    const message =
      totals.length > 1
        ? `its data sets have ${totals.join(' and ')} rows in all, which no layout fits; run gs-processing again`
        : `${[...lacks(type, own)].join('; ')}; ${advice}`;
    return [violation('never-aligned', { type: type.type }, message)];
  });
  return [...findings.filter((finding) => !isMended(finding)), ...told];
}

/** The rows that data sets have in all, each number once; of those whose parts could all be read. */
function totalsOf({ dataSets }: LookedType): number[] {
  return [...new Set(dataSets.filter(({ parts }) => parts.every(isRead)).map(rowsOf))];
}

function* lacks({ dataSets }: LookedType, findings: readonly Finding[]): Generator<string> {
  const layouts = new Set(
    dataSets.map(({ parts }) => parts.map((part) => (isRead(part) ? part.rows : '?')).join()),
  );
  if (layouts.size > 1)
    yield `its ${countOf(dataSets.length, 'data set')} have ${layouts.size} different layouts`;
  const [empty, ...others] = findings.filter(({ kind }) => kind === 'empty-part');
  if (empty) {
    const more = others.length > 0 ? ` and ${countOf(others.length, 'other part')}` : '';
    yield `${empty.part ?? ''}${more} without rows`;
  }
  const shapes = findings.filter(({ kind }) => kind === 'shape').length;
  if (shapes > 0) yield `${countOf(shapes, 'part')} of labels and masks without the right shape`;
}
