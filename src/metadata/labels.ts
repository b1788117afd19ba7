/**
 * Which data sets are labels and masks: DistPartitioning must read those as flat `(N,)` arrays. `graph_info` names the
 * labelled types, their label columns and, since GSProcessing 0.4, their masks.
 */
import { isObject, type Json, type JsonObject } from './json.js';
import type { GraphMetadata } from './parse.js';

/** Before GSProcessing 0.4 the masks had these names and were not listed. */
const DEFAULT_MASKS = ['train_mask', 'val_mask', 'test_mask'];

const LINK_PREDICTION = new Set(['link_predict', 'link_prediction']);

/** Label and mask names by type, for `node_data` and for `edge_data`. */
export interface FlatNames {
  node_data: Map<string, Set<string>>;
  edge_data: Map<string, Set<string>>;
}

export function flatNames(metadata: GraphMetadata): FlatNames {
  const info = metadata.document.get('graph_info');
  const graphInfo: JsonObject = isObject(info) ? info : new Map<string, Json>();
  const task = graphInfo.get('task_type');
  const isLinkPrediction = typeof task === 'string' && LINK_PREDICTION.has(task);
  return {
    node_data: flatOf(metadata, 'node_data', graphInfo, 'ntype', true),
    // Predicting links leaves edge labels as the features they are; their masks still split the edges.
    edge_data: flatOf(metadata, 'edge_data', graphInfo, 'etype', !isLinkPrediction),
  };
}

function flatOf(
  metadata: GraphMetadata,
  section: 'node_data' | 'edge_data',
  info: JsonObject,
  kind: 'ntype' | 'etype',
  withLabels: boolean,
): Map<string, Set<string>> {
  const types = allStrings(info.get(`${kind}_label`));
  const properties = allStrings(info.get(`${kind}_label_property`));
  const masks = info.get(`${kind}_to_label_masks`);
  const masksByType: JsonObject = isObject(masks) ? masks : new Map<string, Json>();
  const flat = new Map<string, Set<string>>();
  const add = (type: string, names: readonly string[]): void => {
    flat.set(type, new Set([...(flat.get(type) ?? []), ...names]));
  };
  types.forEach((type, i) => {
    if (withLabels)
      add(type, labelsOf(metadata, section, type, properties, types.length === properties.length ? i : -1));
    if (!masksByType.has(type)) add(type, DEFAULT_MASKS);
  });
  for (const [type, names] of masksByType) add(type, allStrings(names));
  return flat;
}

/** The i-th type's label is the i-th property, unless the lists don't go together: then any it has. */
function labelsOf(
  metadata: GraphMetadata,
  section: string,
  type: string,
  properties: readonly string[],
  i: number,
): string[] {
  const features = new Set(
    metadata.entries
      .filter((entry) => entry.section === section && entry.type === type)
      .map(({ name }) => name),
  );
  const own = properties[i];
  if (own !== undefined && features.has(own)) return [own];
  return properties.filter((property) => features.has(property));
}

/** All strings in a value: a string, a list, or (for several tasks) lists in lists or objects. */
function allStrings(value: Json | undefined): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(allStrings);
  return isObject(value) ? [...value.values()].flatMap(allStrings) : [];
}
