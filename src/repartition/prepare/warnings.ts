/** What people should know of a plan before they go on: a line each, what and what to do. */
import { type GraphMetadata, undeclaredEnds, undeclaredTypes, uncountedTypes } from '../../metadata/index.js';
import { dataSetName } from '../data-set-name.js';
import type { CountedGroup, GroupPlan, LayoutChoice } from '../model.js';
import { shapeWarnings } from './shape.js';
import { widthsOf } from './vector-width.js';

export function warningsOf(
  metadata: GraphMetadata,
  counted: readonly CountedGroup[],
  groups: readonly GroupPlan[],
  choice: LayoutChoice,
): string[] {
  return [
    ...undeclared(metadata),
    ...uncounted(metadata),
    ...groups.flatMap(rowless),
    ...groups.flatMap((group) => capped(group, choice)),
    ...counted.flatMap(shapeWarnings),
    ...counted.flatMap(unequalVectors),
  ];
}

function undeclared(metadata: GraphMetadata): string[] {
  const types = undeclaredTypes(metadata).map(({ section, type }) => {
    const list = section === 'node_data' ? 'node_type' : 'edge_type';
    const remedy =
      section === 'node_data'
        ? 'give it edges and run gs-processing again, or take it out of node_data'
        : `add it to ${list}, or take it out`;
    const outcome = section === 'edges' ? 'leaves its edges out' : 'stops at it';
    return `${section} has ${JSON.stringify(type)}, which ${list} does not list: DistPartitioning ${outcome}; ${remedy}`;
  });
  const ends = undeclaredEnds(metadata).map(
    ({ type, end }) =>
      `the edges of ${type} end at ${JSON.stringify(end)}, which node_type does not list: DistPartitioning stops at it; ` +
      'run gs-processing again, or take them out',
  );
  return [...types, ...ends];
}

function uncounted(metadata: GraphMetadata): string[] {
  const types = uncountedTypes(metadata);
  if (types.length === 0) return [];
  const named = types.map((type) => JSON.stringify(type)).join(', ');
  return [
    `num_nodes_per_type is missing, and ${named} has neither raw_id_mappings nor features to count: ` +
      'it stays missing, and gpartition will ask for it; add it to the metadata',
  ];
}

/** Nothing is left out here: who asked for the type should know. */
function rowless({ group, layout }: GroupPlan): string[] {
  if (layout.some((rows) => rows > 0)) return [];
  return [
    `${group.types.join(', ')}: no rows at all, at which DistPartitioning stops; leave the type out of gs-processing's configuration`,
  ];
}

function capped({ group, layout }: GroupPlan, choice: LayoutChoice): string[] {
  if (!('numOutputFiles' in choice) || layout.length === choice.numOutputFiles) return [];
  const rows = layout.reduce((sum, part) => sum + part, 0);
  if (rows === 0) return [];
  return [
    `${group.types.join(', ')}: ${rows} rows make ${layout.length} parts, not ${choice.numOutputFiles}: ` +
      'DistPartitioning cannot read parts without rows',
  ];
}

/** Nothing that an alignment could mend: DistPartitioning stops at it wherever the rows lie. */
function unequalVectors({ dataSets }: CountedGroup): string[] {
  return dataSets.flatMap(({ dataSet, parts }) => {
    const widths = widthsOf(parts);
    if (widths.length === 0 || (widths.length === 1 && !Number.isNaN(widths[0]))) return [];
    const odd = parts.find(
      ({ width }) => width !== undefined && width !== widths.find((one) => !Number.isNaN(one)),
    );
    const which = odd ? `, in ${odd.path} for one` : '';
    return [
      `${dataSetName(dataSet)}: its vectors have different lengths${which}, so DistPartitioning cannot stack them; ` +
        'let gs-processing write vectors of one length',
    ];
  });
}
