/**
 * Which data sets are labels and masks: DistPartitioning must read those as flat `(N,)` arrays. `graph_info` names the
 * labelled types, their label columns and, since GSProcessing 0.4, their masks:
 *
 *     "etype_label": ["user:rated:movie", "movie:rated-rev:user"],   types come with their reverse ones,
 *     "etype_label_property": ["rating"],                            label columns once, the first of each type
 *     "etype_to_label_masks": {"user:rated:movie": ["train_mask_rating", …, "train_mask_lp", …]},
 *     "label_properties": {"user:rated:movie": {"COLUMN_NAME": "rating", …}}   the last of each type
 */
import { type Checker, keyPath } from './check.js';
import { isObject, type Json, type JsonObject } from './json.js';
import type { Place } from './model.js';

/** Before GSProcessing 0.4 the masks had these names and were not listed. */
export const DEFAULT_MASKS = ['train_mask', 'val_mask', 'test_mask'];

const LINK_PREDICTION = new Set<Json | undefined>(['link_predict', 'link_prediction']);

/** Label and mask names by type, for `node_data` and for `edge_data`. A type need not have all of them. */
export interface FlatNames {
  node_data: ReadonlyMap<string, ReadonlySet<string>>;
  edge_data: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * @throws RepartitionError `metadata` when graph_info has anything but names where names belong; what is not about
 *   labels is not looked at
 */
export function flatNames(check: Checker, document: JsonObject, entries: readonly Place[]): FlatNames {
  const info = document.get('graph_info') ?? null;
  // Nobody says what is a label then; masks have no other meaning under their names.
  if (info === null)
    return { node_data: defaultMasks(entries, 'node_data'), edge_data: defaultMasks(entries, 'edge_data') };
  const graphInfo = check.object(info, 'graph_info');
  const isLinkPrediction = LINK_PREDICTION.has(graphInfo.get('task_type'));
  return {
    node_data: new Labels(check, graphInfo, entries, 'node_data').flatNames(true),
    // Predicting links leaves edge labels as the features they are; their masks still split the edges.
    edge_data: new Labels(check, graphInfo, entries, 'edge_data').flatNames(!isLinkPrediction),
  };
}

function defaultMasks(entries: readonly Place[], ofSection: string): Map<string, Set<string>> {
  return new Map(
    entries.flatMap(({ section, type }) => (section === ofSection ? [[type, new Set(DEFAULT_MASKS)]] : [])),
  );
}

/** What graph_info says of the nodes, or of the edges. */
class Labels {
  private readonly types: string[];
  private readonly properties: string[];
  private readonly masks: Map<string, string[]>;
  private readonly labelProperties: Json | undefined;
  private readonly features = new Map<string, Set<string>>();

  constructor(
    check: Checker,
    info: JsonObject,
    entries: readonly Place[],
    section: 'node_data' | 'edge_data',
  ) {
    const kind = section === 'node_data' ? 'ntype' : 'etype';
    const namesAt = (key: string): string[] => names(check, info.get(key), `graph_info.${key}`);
    this.types = namesAt(`${kind}_label`);
    this.properties = namesAt(`${kind}_label_property`);
    const masks = `${kind}_to_label_masks`;
    this.masks = new Map(
      [...check.optionalObject(info.get(masks), `graph_info.${masks}`)].map(([type, value]) => [
        type,
        names(check, value, keyPath(`graph_info.${masks}`, type)),
      ]),
    );
    this.labelProperties = info.get('label_properties');
    for (const entry of entries) {
      if (entry.section !== section || entry.name === undefined) continue;
      const ofType = this.features.get(entry.type);
      if (ofType) ofType.add(entry.name);
      else this.features.set(entry.type, new Set([entry.name]));
    }
  }

  flatNames(withLabels: boolean): Map<string, Set<string>> {
    const flat = new Map<string, Set<string>>();
    for (const type of new Set([...this.types, ...this.masks.keys()])) {
      const masks = this.masks.get(type) ?? DEFAULT_MASKS;
      const labels = withLabels && this.types.includes(type) ? this.labelsOf(type) : [];
      flat.set(type, new Set([...masks, ...labels, ...this.labelsWithMasks(type)]));
    }
    return flat;
  }

  /**
   * The i-th type's label is the i-th property where the lists go together, else any that the type has. With several
   * tasks on one type, GSProcessing lists the first label here and leaves the last in label_properties.
   */
  private labelsOf(type: string): string[] {
    const features = this.features.get(type);
    if (!features) return [];
    const isZipped = this.types.length === this.properties.length;
    const own = isZipped
      ? this.properties.filter((name, i) => this.types[i] === type && features.has(name))
      : [];
    const listed = own.length > 0 ? own : this.properties.filter((name) => features.has(name));
    const described = isObject(this.labelProperties) ? this.labelProperties.get(type) : undefined;
    const column = isObject(described) ? described.get('COLUMN_NAME') : undefined;
    return typeof column === 'string' ? [...listed, column] : listed;
  }

  /** Labels with masks of their own: with several tasks the masks of `rating` are `train_mask_rating` and so on. */
  private labelsWithMasks(type: string): string[] {
    const masks = new Set(this.masks.get(type));
    return [...(this.features.get(type) ?? [])].filter((name) => masks.has(`train_mask_${name}`));
  }
}

/** All names in a value: a name, a list, or (for several tasks) lists in lists or objects. */
export function names(check: Checker, value: Json | undefined, key: string): string[] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((item, i) => names(check, item, `${key}[${i}]`));
  if (isObject(value)) return [...value].flatMap(([name, item]) => names(check, item, keyPath(key, name)));
  throw check.wrong(`${key} is not a list of names`);
}
