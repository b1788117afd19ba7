/** The plan of a group: for each data set and each part of the target layout, what is kept and what is made. */
import { keptParts } from './layout.js';
import type {
  CountedDataSet,
  CountedGroup,
  DataSetPlan,
  FooterKeys,
  GroupPlan,
  Layout,
  PartFacts,
  Slice,
} from './model.js';
import { outputFolder, outputName } from './naming.js';
import { shapeChange } from './shape.js';

/** Pure: the same facts give the same plan. The layout's sum must be the data sets' number of rows. */
export function planGroup({ group, dataSets }: CountedGroup, layout: Layout): GroupPlan {
  return { group, layout, dataSets: dataSets.map((dataSet) => planDataSet(dataSet, layout)) };
}

function planDataSet({ dataSet, parts }: CountedDataSet, layout: Layout): DataSetPlan {
  const kept = keptParts(parts, layout).map((part) =>
    part && shapeChange(dataSet, part) === undefined ? part : undefined,
  );
  const slices = sliceParts(parts, layout);
  const keys = layout.map((rows, i): FooterKeys => {
    const source = parts[slices[i]![0].part]!;
    const shape = shapeChange(dataSet, { ...source, rows });
    return shape === undefined ? {} : { shape };
  });
  const folder = outputFolder(parts, layout, keys);
  return {
    dataSet,
    layout,
    parts: layout.map((rows, i) => {
      const part = kept[i];
      if (part) return { kind: 'keep', part };
      const [first, ...others] = slices[i]!.map((slice) => toSlice(parts, slice));
      const output = `${folder}/${outputName(parts[0]!.path, i)}`;
      return { kind: 'make', task: { output, rows, slices: [first!, ...others], keys: keys[i]! } };
    }),
  };
}

/** Rows of `parts[part]`. */
interface PartSlice {
  part: number;
  from: number;
  to: number;
}

/** For each part of the layout, the rows it is made of; without rows, an empty slice that lends it the schema. */
function sliceParts(parts: readonly PartFacts[], layout: Layout): [PartSlice, ...PartSlice[]][] {
  let part = 0;
  let from = 0;
  return layout.map((rows) => {
    const slices: PartSlice[] = [];
    let missing = rows;
    while (missing > 0) {
      const available = parts[part]!.rows - from;
      const taken = Math.min(available, missing);
      if (taken > 0) slices.push({ part, from, to: from + taken });
      missing -= taken;
      from += taken;
      if (taken === available) {
        part++;
        from = 0;
      }
    }
    if (slices.length === 0) slices.push({ part: Math.min(part, parts.length - 1), from: 0, to: 0 });
    return slices as [PartSlice, ...PartSlice[]];
  });
}

function toSlice(parts: readonly PartFacts[], { part, from, to }: PartSlice): Slice {
  const { path, size, version } = parts[part]!;
  return { path, size, version, from, to };
}
