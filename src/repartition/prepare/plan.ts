/** The plan of a group: for each data set and each part of the target layout, what is kept and what is made. */
import { RepartitionError } from '../../errors.js';
import { type Method, methodFor, type RowGroupFacts } from '../../parquet/crumbs.js';
import { dataSetName } from '../data-set-name.js';
import type {
  Amount,
  Candidate,
  CountedDataSet,
  CountedGroup,
  Cuts,
  DataSetPlan,
  FooterKeys,
  GroupPlan,
  Layout,
  PartFacts,
  PlannedPart,
  Slice,
} from '../model.js';
import { chosenLayout } from './layout.js';
import { matchParts, rowsOf } from './match.js';
import { outputPaths } from './output-paths.js';
import { shapeChange } from './shape.js';

/** Most new parts need none. */
const NO_KEYS: FooterKeys = {};

/**
 * Pure: the same facts give the same plan. Linear in the number of parts.
 * @param candidates as `weighLayouts` gives them, one of them chosen
 * @param firstId the number of the group's first task
 * @throws RepartitionError `mismatch` when a new part would mix pages of different schemas
 */
export function planGroup(
  { group, dataSets }: CountedGroup,
  candidates: Candidate[],
  firstId = 0,
): GroupPlan {
  const layout = chosenLayout(candidates);
  let id = firstId;
  const plans = dataSets.map((dataSet) => {
    const plan = planDataSet(dataSet, layout, id);
    id += tasksOf(plan);
    return plan;
  });
  return { group, layout, candidates, dataSets: plans };
}

/** How many parts of a data set are made. */
export function tasksOf({ spliced, reencoded }: DataSetPlan): number {
  return spliced.parts + reencoded.parts;
}

/** What is decided of a data set's new parts: in numbers, which are small. */
interface Decided {
  layout: Layout;
  /** By new part, the index of the existing one that is kept, or -1. */
  kept: Int32Array;
  /** By new part, whether its values are said again. */
  reencoded: Uint8Array;
  keys: ReadonlyMap<number, FooterKeys>;
  firstId: number;
  pathOf: ((index: number) => string) | undefined;
}

function planDataSet({ dataSet, parts, home }: CountedDataSet, layout: Layout, firstId: number): DataSetPlan {
  const kept = matchParts(rowsOf(parts), layout);
  const reencoded = new Uint8Array(layout.length);
  const keys = new Map<number, FooterKeys>();
  const amounts = { kept: none(), splice: none(), 're-encode': none() };
  const cursor = new Cursor(parts);
  const cuts: Cuts = { count: 0, shorterBytes: 0 };
  layout.forEach((rows, i) => {
    const taken = cursor.take(rows);
    const part = parts[kept[i]!];
    if (part && shapeChange(dataSet, part) === undefined) {
      add(amounts.kept, part.size);
      return;
    }
    kept[i] = -1;
    requireOneSchema(dataSetName(dataSet), taken);
    const { shape, scalarColumn } = taken[0].part;
    const change = shapeChange(dataSet, { scalarColumn, rows, ...(shape !== undefined && { shape }) });
    if (change !== undefined) keys.set(i, { shape: change });
    const method = methodOf(taken);
    if (method === 're-encode') reencoded[i] = 1;
    add(
      amounts[method],
      taken.reduce((sum, slice) => sum + bytesOf(slice), 0),
    );
    for (const slice of taken) addCuts(cuts, slice);
  });
  const { kept: keptParts, splice: spliced, 're-encode': said } = amounts;
  const isKept = spliced.parts + said.parts === 0;
  const pathOf = isKept ? undefined : outputPaths({ parts, layout, keys, home });
  const decided = { layout, kept, reencoded, keys, firstId, pathOf };
  return {
    dataSet,
    sources: parts,
    layout,
    kept: keptParts,
    spliced,
    reencoded: said,
    cuts,
    parts: { [Symbol.iterator]: () => plannedParts(parts, decided) },
  };
}

function* plannedParts(
  parts: readonly PartFacts[],
  { layout, kept, reencoded, keys, firstId, pathOf }: Decided,
): Generator<PlannedPart> {
  const cursor = new Cursor(parts);
  let id = firstId;
  for (const [i, rows] of layout.entries()) {
    const taken = cursor.take(rows);
    const part = parts[kept[i]!];
    if (part) yield { kind: 'keep', part };
    else if (pathOf) {
      const slices = taken.map(sliceOf) as [Slice, ...Slice[]];
      const method: Method = reencoded[i] === 1 ? 're-encode' : 'splice';
      const task = { id: id++, output: pathOf(i), rows, slices, keys: keys.get(i) ?? NO_KEYS, method };
      yield { kind: 'make', task };
    }
  }
}

/** Rows of one part that a new part takes over. */
interface Taken {
  part: PartFacts;
  from: number;
  to: number;
}

function sliceOf({ part, from, to }: Taken): Slice {
  const { path, size, version, rows } = part;
  return { path, size, version, rows, from, to };
}

function rowGroupsOf({ rows, bytes, rowGroups }: PartFacts): readonly RowGroupFacts[] {
  return rowGroups ?? [{ rows, bytes }];
}

function methodOf(taken: readonly Taken[]): Method {
  return methodFor(taken.map(({ part, from, to }) => ({ rowGroups: rowGroupsOf(part), from, to })));
}

/** As if bytes were spread evenly. */
function bytesOf({ part, from, to }: Taken): number {
  return part.rows === 0 ? part.size : Math.round((part.size * (to - from)) / part.rows);
}

/** The ends of a slice that lie inside a row group. */
function addCuts(cuts: Cuts, { part, from, to }: Taken): void {
  let start = 0;
  for (const { rows, bytes } of rowGroupsOf(part)) {
    for (const at of [from - start, to - start]) {
      if (at <= 0 || at >= rows) continue;
      cuts.count++;
      cuts.shorterBytes += Math.round((bytes * Math.min(at, rows - at)) / rows);
    }
    start += rows;
  }
}

function requireOneSchema(owner: string, [first, ...others]: readonly [Taken, ...Taken[]]): void {
  const other = others.find(({ part }) => part.schema !== first.part.schema);
  if (!other) return;
  throw new RepartitionError(
    'mismatch',
    `${first.part.path} and ${other.part.path} are parts of ${owner} but differ in which columns may be null`,
    { hint: 'Write the data set again with one schema.', dataSet: owner },
  );
}

function none(): Amount {
  return { parts: 0, bytes: 0 };
}

function add(amount: Amount, bytes: number): void {
  amount.parts++;
  amount.bytes += bytes;
}

/** Goes through a data set's rows once, in order. */
class Cursor {
  private part = 0;
  private row = 0;

  constructor(private readonly parts: readonly PartFacts[]) {}

  /** The next rows; for none, no rows of a part, which lends its schema. */
  take(rows: number): [Taken, ...Taken[]] {
    while (rows > 0 && this.row === this.current().rows) this.advance();
    const taken: [Taken, ...Taken[]] = [this.takeHere(Math.min(rows, this.current().rows - this.row))];
    for (let missing = rows - (taken[0].to - taken[0].from); missing > 0;) {
      this.advance();
      const here = Math.min(missing, this.current().rows);
      if (here > 0) taken.push(this.takeHere(here));
      missing -= here;
    }
    return taken;
  }

  private current(): PartFacts {
    return this.parts[this.part]!;
  }

  private advance(): void {
    if (++this.part === this.parts.length) throw new Error('the layout has more rows than the data set');
    this.row = 0;
  }

  /** None are taken from row 0: which schema it lends does not depend on where in the part we are. */
  private takeHere(rows: number): Taken {
    const from = rows === 0 ? 0 : this.row;
    this.row += rows;
    return { part: this.current(), from, to: from + rows };
  }
}
