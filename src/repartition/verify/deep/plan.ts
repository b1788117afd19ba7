/** What is read for a deep look, and what is compared with what: plain data, from facts that footers have told. */
import type { GraphMetadata } from '../../../metadata/index.js';
import type { DataSet } from '../../../metadata/model.js';
import { placeKey } from '../../data-set-name.js';
import type { CountedDataSet, PartFacts } from '../../model.js';
import { type Role, roleOf } from '../check-parts.js';
import type { Columns } from '../columns.js';
import type { LookedMapping } from '../check-totals.js';
import { isRead, type LookedDataSet, type PartFooter } from '../facts.js';
import type { MappingUnit, PartUnit, Unit } from './model.js';

/** Of compressed bytes: a part with more is read by several threads. */
const UNIT_BYTES = 64 * 1024 * 1024;

export interface DeepDataSet {
  dataSet: DataSet;
  role: Role;
  columns: Columns | undefined;
  /** By part, in order. */
  outputs: PartUnit[][];
}

/** Outputs that were made of inputs. Parts that are in both lists lie between such. */
export interface Comparison {
  dataSet: DataSet;
  inputs: PartUnit[];
  outputs: PartUnit[];
}

export interface DeepPlan {
  units: Unit[];
  dataSets: DeepDataSet[];
  comparisons: Comparison[];
  mappings: { type: string; unit: MappingUnit }[];
}

/**
 * @param inputs the data sets that the alignment has read, as far as they are still there
 */
export function planDeepLook(
  metadata: GraphMetadata,
  looked: readonly LookedDataSet[],
  mappings: readonly LookedMapping[],
  nodes: ReadonlyMap<string, number>,
  inputs: readonly CountedDataSet[],
): DeepPlan {
  const units: Unit[] = [];
  const unitsOf = (part: PartFooter | PartFacts, counted: PartUnit['counted']): PartUnit[] =>
    divided(part).map(({ rowGroups, bytes }) => {
      const { path, size, version } = part;
      const unit: PartUnit = {
        kind: 'part',
        id: units.length,
        path,
        size,
        version,
        rowGroups,
        bytes,
        counted,
      };
      units.push(unit);
      return unit;
    });
  const before = new Map(
    inputs.flatMap((one) => one.dataSet.places.map((place) => [placeKey(place), one] as const)),
  );
  const comparisons: Comparison[] = [];
  const dataSets = looked.map((one): DeepDataSet => {
    const { dataSet, parts, schemas } = one;
    const role = roleOf(metadata, dataSet);
    const counted = role === 'structure' ? 'integers' : role === 'mask' ? 'bits' : 'none';
    const outputs = parts.map((part) => (isRead(part) ? unitsOf(part, counted) : []));
    const source = before.get(placeKey(dataSet.places[0]));
    if (source && parts.every(isRead)) {
      for (const stretch of stretches(source.parts, parts)) {
        comparisons.push({
          dataSet,
          inputs: stretch.inputs.flatMap((part) => unitsOf(part, 'none')),
          outputs: stretch.outputs.flatMap((i) => outputs[i]!),
        });
      }
    }
    return { dataSet, role, columns: schemas[0]?.columns, outputs };
  });
  const mapped = mappings.flatMap(({ type, parts }) => {
    const total = nodes.get(type);
    if (total === undefined || parts.some(({ problem }) => problem !== undefined)) return [];
    const bytes = parts.reduce((sum, { stat }) => sum + (stat?.size ?? 0), 0);
    const unit: MappingUnit = {
      kind: 'mapping',
      id: units.length,
      parts: parts.flatMap(({ stat }) => stat ?? []),
      bytes,
      nodes: total,
    };
    units.push(unit);
    return [{ type, unit }];
  });
  return { units, dataSets, comparisons, mappings: mapped };
}

/** Runs of a part's row groups of about so many bytes each. */
function divided({
  rowGroups,
  rows,
  bytes,
}: Pick<PartFacts, 'rowGroups' | 'rows' | 'bytes'>): Pick<PartUnit, 'rowGroups' | 'bytes'>[] {
  const groups = rowGroups ?? (rows > 0 ? [{ rows, bytes }] : []);
  const runs: { rowGroups: [number, number]; bytes: number }[] = [];
  for (const [i, group] of groups.entries()) {
    // There is nothing to read.
    if (group.rows === 0) continue;
    const last = runs.at(-1);
    if (last?.rowGroups[1] === i && last.bytes + group.bytes <= UNIT_BYTES) {
      last.rowGroups[1] = i + 1;
      last.bytes += group.bytes;
    } else runs.push({ rowGroups: [i, i + 1], bytes: group.bytes });
  }
  return runs.length > 0 ? runs : [{ rowGroups: [0, 0], bytes: 0 }];
}

/**
 * Where parts are in both lists, at the same row, the rows before and after are compared by themselves.
 * @returns inputs, and indices of outputs; none when nothing was made
 */
function stretches(
  inputs: readonly PartFacts[],
  outputs: readonly (PartFooter | { path: string; problem: string })[],
): { inputs: PartFacts[]; outputs: number[] }[] {
  const starts = new Map<string, { row: number; i: number }>();
  let row = 0;
  for (const [i, part] of inputs.entries()) {
    if (part.rows > 0) starts.set(part.path, { row, i });
    row += part.rows;
  }
  const found: { inputs: PartFacts[]; outputs: number[] }[] = [];
  let open: number[] = [];
  let from = 0;
  row = 0;
  const close = (to: number): void => {
    const own = inputs.slice(from, to);
    if (open.length > 0 || own.some((part) => part.rows > 0)) found.push({ inputs: own, outputs: open });
    open = [];
  };
  for (const [i, part] of outputs.entries()) {
    const start = starts.get(part.path);
    if (start?.row === row && start.i >= from) {
      close(start.i);
      from = start.i + 1;
    } else open.push(i);
    row += isRead(part) ? part.rows : 0;
  }
  close(inputs.length);
  return found;
}
