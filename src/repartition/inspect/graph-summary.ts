/** A graph in numbers: types, data sets, layouts, sizes, aligned or not. Pure: facts go in. */
import type { AlignmentGroup, DataSet } from '../../metadata/index.js';
import { dataSetName } from '../data-set-name.js';
import type { Layout } from '../model.js';
import type { DataSetSummary, GraphSummary, GroupSummary, MappingSummary } from './model.js';

/** What is known of a list of parts. */
export interface PartsFacts {
  /** Undefined where neither the metadata nor the footers say. */
  layout: Layout | undefined;
  bytes: number;
  /** Parts that are listed and not there. */
  missing: number;
}

/** @param factsOf what is known of each data set's parts */
export function summarizeGraph(
  groups: readonly AlignmentGroup[],
  idMappings: MappingSummary[],
  factsOf: (dataSet: DataSet) => PartsFacts,
): GraphSummary {
  const summaries = groups.map((group) => summarizeGroup(group, factsOf));
  const dataSets = summaries.flatMap((group) => group.dataSets);
  const all = [...dataSets, ...idMappings];
  const sum = (of: (one: MappingSummary | DataSetSummary) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  return {
    aligned: summaries.every(({ aligned }) => aligned),
    totals: {
      types: summaries.reduce((total, { types }) => total + types.length, 0),
      dataSets: dataSets.length,
      parts: sum(({ parts }) => parts),
      bytes: sum(({ bytes }) => bytes),
      missing: sum(({ missing }) => missing),
    },
    groups: summaries,
    idMappings,
  };
}

function summarizeGroup(
  { kind, types, dataSets }: AlignmentGroup,
  factsOf: (dataSet: DataSet) => PartsFacts,
): GroupSummary {
  const layouts: (Layout | undefined)[] = [];
  const summaries = dataSets.map((dataSet): DataSetSummary => {
    const { layout, bytes, missing } = factsOf(dataSet);
    const known = layouts.findIndex((one) => isSame(one, layout));
    return {
      name: dataSetName(dataSet),
      section: dataSet.places[0].section,
      parts: dataSet.parts.length,
      ...(layout && rowsOf(layout)),
      bytes,
      missing,
      layout: known < 0 ? layouts.push(layout) - 1 : known,
    };
  });
  const [first] = summaries;
  const isKnown = summaries.every(({ rows }) => rows !== undefined && rows === first?.rows);
  return {
    kind,
    types,
    ...(isKnown && first?.rows !== undefined && { rows: first.rows }),
    aligned:
      isKnown && layouts.length === 1 && summaries.every(({ smallestPart }) => (smallestPart ?? 0) > 0),
    layouts: layouts.length,
    dataSets: summaries,
  };
}

function rowsOf(layout: Layout): Pick<DataSetSummary, 'rows' | 'smallestPart' | 'largestPart'> {
  let [rows, smallestPart, largestPart] = [0, Infinity, 0];
  for (const part of layout) {
    rows += part;
    smallestPart = Math.min(smallestPart, part);
    largestPart = Math.max(largestPart, part);
  }
  return layout.length === 0 ? { rows } : { rows, smallestPart, largestPart };
}

/** What nobody knows is the same as nothing else. */
function isSame(a: Layout | undefined, b: Layout | undefined): boolean {
  return a !== undefined && b?.length === a.length && a.every((rows, i) => rows === b[i]);
}
