/** The plan of a group: for each data set and each part of the target layout, what is kept and what is made. */
import { matchParts, rowsOf } from './match.js';
import type {
  CountedDataSet,
  CountedGroup,
  DataSetPlan,
  FooterKeys,
  GroupPlan,
  Layout,
  PartFacts,
  PlannedPart,
  Slice,
} from './model.js';
import { outputPaths } from './naming.js';
import { shapeChange } from './shape.js';

/** Most new parts need none. */
const NO_KEYS: FooterKeys = {};

/**
 * Pure: the same facts give the same plan. Linear in the number of parts.
 * @param layout its sum must be the data sets' number of rows
 */
export function planGroup({ group, dataSets }: CountedGroup, layout: Layout): GroupPlan {
  return { group, layout, dataSets: dataSets.map((dataSet) => planDataSet(dataSet, layout)) };
}

function planDataSet(counted: CountedDataSet, layout: Layout): DataSetPlan {
  const { dataSet, parts } = counted;
  const kept = matchParts(rowsOf(parts), layout);
  const keys = new Map<number, FooterKeys>();
  const cursor = new Cursor(parts);
  let made = 0;
  layout.forEach((rows, i) => {
    const { shape, flatColumn } = cursor.take(rows).first;
    const part = parts[kept[i]!];
    if (part && shapeChange(dataSet, part) === undefined) return;
    kept[i] = -1;
    made++;
    const change = shapeChange(dataSet, { flatColumn, rows, ...(shape !== undefined && { shape }) });
    if (change !== undefined) keys.set(i, { shape: change });
  });
  const pathOf = made === 0 ? undefined : outputPaths({ parts, layout, keys });
  const decided = { layout, kept, keys, pathOf };
  return { dataSet, layout, made, parts: { [Symbol.iterator]: () => plannedParts(parts, decided) } };
}

/** What is decided of a data set's new parts: in numbers, which are small. */
interface Decided {
  layout: Layout;
  /** By new part, the index of the existing one that is kept, or -1. */
  kept: Int32Array;
  keys: ReadonlyMap<number, FooterKeys>;
  pathOf: ((index: number) => string) | undefined;
}

function* plannedParts(
  parts: readonly PartFacts[],
  { layout, kept, keys, pathOf }: Decided,
): Generator<PlannedPart> {
  const cursor = new Cursor(parts);
  for (const [i, rows] of layout.entries()) {
    const { slices } = cursor.take(rows);
    const part = parts[kept[i]!];
    if (part) yield { kind: 'keep', part };
    else if (pathOf)
      yield { kind: 'make', task: { output: pathOf(i), rows, slices, keys: keys.get(i) ?? NO_KEYS } };
  }
}

/** Goes through a data set's rows once, in order. */
class Cursor {
  private readonly parts: readonly PartFacts[];
  private part = 0;
  private row = 0;

  constructor(parts: readonly PartFacts[]) {
    this.parts = parts;
  }

  /** The next rows; for none, an empty slice that lends the schema. `first` is the part of the first slice. */
  take(rows: number): { first: PartFacts; slices: [Slice, ...Slice[]] } {
    while (rows > 0 && this.row === this.current().rows) this.advance();
    const first = this.current();
    const slice = this.slice(Math.min(rows, first.rows - this.row));
    let missing = rows - (slice.to - slice.from);
    const slices: [Slice, ...Slice[]] = [slice];
    while (missing > 0) {
      this.advance();
      const taken = Math.min(missing, this.current().rows);
      if (taken > 0) slices.push(this.slice(taken));
      missing -= taken;
    }
    return { first, slices };
  }

  private current(): PartFacts {
    return this.parts[this.part]!;
  }

  private advance(): void {
    if (++this.part === this.parts.length) throw new Error('the layout has more rows than the data set');
    this.row = 0;
  }

  /** An empty one is at row 0: which schema it lends does not depend on where in the part we are. */
  private slice(rows: number): Slice {
    const part = this.current();
    const from = rows === 0 ? 0 : this.row;
    this.row += rows;
    return {
      path: part.path,
      size: part.size,
      version: part.version,
      rows: part.rows,
      from,
      to: from + rows,
    };
  }
}
