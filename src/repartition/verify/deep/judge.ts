/** From what threads have counted to findings; pure. */
import { nullFindings } from '../check-parts.js';
import { endsOf } from '../../../metadata/index.js';
import { idFindings } from '../check-totals.js';
import { checkRankTypes } from '../check-types.js';
import { countOf, type Finding, placeOf, violation, warning } from '../finding.js';
import { type Checksum, joined, NOTHING } from './crc.js';
import type { PartUnit, UnitFacts } from './model.js';
import type { Comparison, DeepDataSet, DeepPlan } from './plan.js';
import type { TallyFacts } from './tally.js';

/** By unit. */
type Facts = readonly (UnitFacts | undefined)[];

/** What values are held against. */
export interface Bounds {
  /** By type. */
  nodes: ReadonlyMap<string, number>;
  /** Ranks that will read the graph. */
  worldSize?: number | undefined;
}

export function judge(plan: DeepPlan, facts: Facts, bounds: Bounds): Finding[] {
  return [
    ...plan.dataSets.flatMap((dataSet) => judgeDataSet(dataSet, facts, bounds)),
    ...plan.comparisons.flatMap((comparison) => judgeRows(comparison, facts)),
    ...plan.mappings.flatMap(({ type, unit }) => judgeMapping(type, facts[unit.id])),
  ];
}

interface ReadPart {
  path: string;
  tallies: TallyFacts[];
}

function judgeDataSet(deep: DeepDataSet, facts: Facts, { nodes, worldSize }: Bounds): Finding[] {
  const place = placeOf(deep.dataSet);
  const unreadable = deep.outputs.flatMap((units) => {
    const wrong = units
      .map(({ id }) => facts[id])
      .find((one) => one?.kind === 'unreadable' || one?.kind === 'unknown');
    return wrong ? [unreadableFinding(place, wrong)] : [];
  });
  const parts = deep.outputs.flatMap((units): ReadPart[] => {
    const path = units[0]?.path;
    return path === undefined ? [] : [{ path, tallies: units.flatMap(({ id }) => tallyOf(facts[id]) ?? []) }];
  });
  return [
    ...unreadable,
    ...judgeNulls(deep, parts),
    ...(worldSize === undefined
      ? []
      : checkRankTypes(
          place,
          deep.columns,
          parts.map((part) => total(part, 'nulls') > 0),
          worldSize,
        )),
    ...(deep.columns?.kind === 'vectors' ? judgeLengths(place, parts) : []),
    ...(deep.role === 'structure' ? judgeIds(place.type, parts, nodes) : judgeNumbers(deep, parts)),
  ];
}

function tallyOf(facts: UnitFacts | undefined): TallyFacts | undefined {
  return facts?.kind === 'part' ? facts : undefined;
}

function unreadableFinding(
  place: { type: string; dataSet: string },
  facts: Extract<UnitFacts, { problem: string }>,
): Finding {
  const where = { ...place, part: facts.path };
  return facts.kind === 'unreadable'
    ? violation('unreadable', where, facts.problem)
    : warning('not-compared', where, `its values cannot be looked at: ${facts.problem}`);
}

/** The sum over a part's columns. */
function total({ tallies }: ReadPart, of: 'nulls' | 'nans' | 'infinities' | 'notBits'): number {
  return tallies.flatMap(({ columns }) => columns).reduce((sum, column) => sum + column[of], 0);
}

function judgeNulls(deep: DeepDataSet, parts: readonly ReadPart[]): Finding[] {
  const withNulls = parts.filter((part) => total(part, 'nulls') > 0);
  const nulls = withNulls.reduce((sum, part) => sum + total(part, 'nulls'), 0);
  return nullFindings(deep, nulls, withNulls);
}

function judgeLengths(place: { type: string; dataSet: string }, parts: readonly ReadPart[]): Finding[] {
  let usual: { path: string; length: number } | undefined;
  return parts.flatMap(({ path, tallies }) => {
    const lengths = tallies.flatMap(({ columns }) => columns.flatMap((column) => column.lengths ?? []));
    if (lengths.length === 0) return [];
    const [least, greatest] = [Math.min(...lengths), Math.max(...lengths)];
    const where = { ...place, part: path };
    if (least !== greatest)
      return [violation('width', where, `has vectors of ${least} to ${greatest} values`)];
    usual ??= { path, length: least };
    if (least === usual.length) return [];
    return [
      violation('width', where, `has vectors of length ${least}, ${usual.path} of length ${usual.length}`),
    ];
  });
}

function judgeIds(type: string, parts: readonly ReadPart[], nodes: ReadonlyMap<string, number>): Finding[] {
  const ends = endsOf(type);
  return parts.flatMap(({ path, tallies }) =>
    ends.flatMap((end, i) => {
      const found = tallies.flatMap(({ columns }) =>
        idFindings({ type, part: path }, { range: columns[i]?.range, end, nodes: nodes.get(end) }),
      );
      return found.slice(0, 1);
    }),
  );
}

/** Classes as doubles are normal, and so is NaN for no class; the rest is for somebody to know. */
function judgeNumbers({ dataSet, role }: DeepDataSet, parts: readonly ReadPart[]): Finding[] {
  const place = placeOf(dataSet);
  const count = (of: 'nans' | 'infinities' | 'notBits'): number =>
    parts.reduce((sum, part) => sum + total(part, of), 0);
  const [nans, infinities, notBits] = [count('nans'), count('infinities'), count('notBits')];
  const found: Finding[] = [];
  if (nans > 0) {
    const what = role === 'label' ? ', unlabelled' : '';
    found.push(warning('not-finite', place, `has ${countOf(nans, 'NaN')}${what}`));
  }
  if (infinities > 0)
    found.push(warning('not-finite', place, `has ${countOf(infinities, 'infinite value')}`));
  if (notBits > 0)
    found.push(warning('mask-values', place, `has ${countOf(notBits, 'value')} other than 0 and 1`));
  return found;
}

/** Whether the rows of outputs are those of their inputs. Where one can't be read, that has been said or is beside the point. */
function judgeRows({ dataSet, inputs, outputs }: Comparison, facts: Facts): Finding[] {
  const place = placeOf(dataSet);
  const unread = inputs.map(({ id }) => facts[id]).find((one) => one?.kind !== 'part');
  if (unread && 'problem' in unread) {
    const message = `cannot be compared with ${unread.path}: ${unread.problem}`;
    return [warning('not-compared', place, message)];
  }
  if (outputs.some(({ id }) => facts[id]?.kind !== 'part')) return [];
  const [before, after] = [combined(inputs, facts), combined(outputs, facts)];
  const names = new Set([...before.checksums.keys(), ...after.checksums.keys()]);
  const differing = [...names].filter((name) => {
    const [a, b] = [before.checksums.get(name) ?? NOTHING, after.checksums.get(name) ?? NOTHING];
    return a.crc !== b.crc || a.bytes !== b.bytes;
  });
  if (differing.length === 0 && before.rows === after.rows) return [];
  const columns = new Set(differing.map((name) => name.replace(/[?#.].*$/s, '')));
  const rows = before.rows === after.rows ? '' : `${countOf(after.rows, 'row')} made of ${before.rows}; `;
  const message =
    `${rows}its rows are not those of its inputs` +
    (columns.size > 0 ? `, in column ${[...columns].join(', ')}` : '') +
    ` (${inputs[0]?.path ?? 'no input'} and on)`;
  return [violation('rows-differ', { ...place, ...(outputs[0] && { part: outputs[0].path }) }, message)];
}

function combined(
  units: readonly PartUnit[],
  facts: Facts,
): { rows: number; checksums: Map<string, Checksum> } {
  const checksums = new Map<string, Checksum>();
  let rows = 0;
  for (const { id } of units) {
    const tally = tallyOf(facts[id]);
    if (!tally) continue;
    rows += tally.rows;
    for (const [name, checksum] of tally.checksums) {
      checksums.set(name, joined(checksums.get(name) ?? NOTHING, checksum));
    }
  }
  return { rows, checksums };
}

function judgeMapping(type: string, facts: UnitFacts | undefined): Finding[] {
  const where = { type, dataSet: 'raw_id_mappings' };
  if (!facts || facts.kind === 'part') return [];
  if (facts.kind !== 'mapping') return [unreadableFinding(where, facts)];
  const { outside, twice, missing, nulls, sameOriginals } = facts;
  const wrong = [
    ...(outside > 0 ? [`${countOf(outside, 'id')} of no node`] : []),
    ...(twice > 0 ? [`${countOf(twice, 'node')} twice`] : []),
    ...(missing > 0 ? [`no row for ${countOf(missing, 'node')}`] : []),
    ...(nulls > 0 ? [`${countOf(nulls, 'node')} without an id`] : []),
    ...(sameOriginals ? [`${countOf(sameOriginals, 'original id')} that another node has too`] : []),
  ];
  // Partitions come out right; what is predicted on them is then given back under wrong ids.
  if (wrong.length > 0) return [warning('id-mapping', where, `has ${wrong.join(', ')}`)];
  if (sameOriginals !== undefined) return [];
  return [warning('not-compared', where, 'has too many original ids to tell whether each is unique')];
}
