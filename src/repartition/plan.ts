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

/** Most new parts need none; a million empty objects would take 56 MB. */
const NO_KEYS: FooterKeys = {};

/**
 * Pure: the same facts give the same plan. Linear in the number of parts.
 * @param layout its sum must be the data sets' number of rows
 */
export function planGroup({ group, dataSets }: CountedGroup, layout: Layout): GroupPlan {
  return { group, layout, dataSets: dataSets.map((dataSet) => planDataSet(dataSet, layout)) };
}

function planDataSet({ dataSet, parts }: CountedDataSet, layout: Layout): DataSetPlan {
  const kept = matchParts(rowsOf(parts), layout);
  const keys = new Map<number, FooterKeys>();
  const cursor = new Cursor(parts);
  // Slices of kept parts are dropped at once; of the others the paths are missing until all keys are known.
  const slices = layout.map((rows, i) => {
    const taken = cursor.take(rows);
    const part = parts[kept[i]!];
    if (part && shapeChange(dataSet, part) === undefined) return undefined;
    const { shape, flatColumn } = taken.first;
    const change = shapeChange(dataSet, { flatColumn, rows, ...(shape !== undefined && { shape }) });
    if (change !== undefined) keys.set(i, { shape: change });
    return taken.slices;
  });
  let pathOf: ((index: number) => string) | undefined;
  const planned = slices.map((made, i): PlannedPart => {
    if (!made) return { kind: 'keep', part: parts[kept[i]!]! };
    pathOf ??= outputPaths({ parts, layout, keys });
    return {
      kind: 'make',
      task: { output: pathOf(i), rows: layout[i]!, slices: made, keys: keys.get(i) ?? NO_KEYS },
    };
  });
  return { dataSet, layout, parts: planned };
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
    if (missing === 0) return { first, slices: [slice] };
    const others: Slice[] = [];
    while (missing > 0) {
      this.advance();
      const taken = Math.min(missing, this.current().rows);
      if (taken > 0) others.push(this.slice(taken));
      missing -= taken;
    }
    // Put together at once: an array that grows reserves room, for a million tasks some 100 MB.
    return { first, slices: [slice, ...others] };
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
    const { path, size, version } = this.current();
    const from = rows === 0 ? 0 : this.row;
    this.row += rows;
    return { path, size, version, from, to: from + rows };
  }
}
