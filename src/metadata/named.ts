/** The labels and masks that graph_info names, whether or not the graph has them. */
import { Checker } from './check.js';
import { isObject, type JsonObject } from './json.js';
import { DEFAULT_MASKS, names } from './labels.js';
import type { GraphMetadata } from './parse.js';

/** A label or mask that must be among a type's features; of several names one suffices. */
export interface NamedFeature {
  section: 'node_data' | 'edge_data';
  type: string;
  names: readonly string[];
  /** Where graph_info says so. */
  key: string;
}

/**
 * What graph_info promises. Types and label columns are lists side by side, for edges with the reverse types among the
 * types; where the lists don't go together, a type has one of the columns.
 */
export function namedFeatures({ document, file }: GraphMetadata): NamedFeature[] {
  const info = document.get('graph_info');
  if (!isObject(info)) return [];
  const check = new Checker(file);
  return [...ofSection(check, info, 'node_data'), ...ofSection(check, info, 'edge_data')];
}

function ofSection(check: Checker, info: JsonObject, section: NamedFeature['section']): NamedFeature[] {
  const kind = section === 'node_data' ? 'ntype' : 'etype';
  const namesAt = (key: string): string[] => names(check, info.get(key), `graph_info.${key}`);
  const types = namesAt(`${kind}_label`);
  const properties = namesAt(`${kind}_label_property`);
  const key = `${kind}_label_property`;
  const isZipped = types.length === properties.length;
  const labels =
    properties.length === 0
      ? []
      : types.map((type, i): NamedFeature => ({
          section,
          type,
          names: isZipped ? [properties[i]!] : properties,
          key,
        }));
  const masks = info.get(`${kind}_to_label_masks`);
  const ofMasks = !isObject(masks)
    ? []
    : [...masks].flatMap(([type, value]) =>
        names(check, value, `${kind}_to_label_masks`).map((name): NamedFeature => ({
          section,
          type,
          names: [name],
          key: `${kind}_to_label_masks`,
        })),
      );
  return [...labels, ...ofMasks];
}

/** Whether a flat feature is a mask; else it is a label. */
export function isMask({ document, file }: GraphMetadata, type: string, name: string): boolean {
  if (DEFAULT_MASKS.includes(name)) return true;
  const info = document.get('graph_info');
  if (!isObject(info)) return false;
  return ['ntype_to_label_masks', 'etype_to_label_masks'].some((key) => {
    const masks = info.get(key);
    return isObject(masks) && names(new Checker(file), masks.get(type), key).includes(name);
  });
}
