/** From metadata.json to alignment groups: which data sets must share one layout. */
import { flatNames } from './labels.js';
import type { AlignmentGroup, DataSet, Place } from './model.js';
import type { GraphMetadata, PlacedEntry } from './parse.js';

/**
 * Every type with data sets is in exactly one group. Types share a group when they share a data set, and so do an edge
 * type and its reverse when either has edge data. Groups, types and data sets are in the document's order.
 */
export function alignmentGroups(metadata: GraphMetadata): AlignmentGroup[] {
  const dataSets = collectDataSets(metadata);
  const links = new TypeLinks();
  for (const { places } of dataSets) for (const place of places) links.join(keyOf(places[0]), keyOf(place));
  const edgeTypes = new Set(
    metadata.entries.filter(({ section }) => section === 'edges').map(({ type }) => type),
  );
  for (const { section, type } of metadata.entries) {
    if (section !== 'edge_data') continue;
    for (const twin of twinsOf(type)) {
      if (edgeTypes.has(twin)) links.join(`edge ${type}`, `edge ${twin}`);
    }
  }

  const groups = new Map<string, { kind: 'edge' | 'node'; types: Set<string>; dataSets: DataSet[] }>();
  for (const dataSet of dataSets) {
    const root = links.rootOf(keyOf(dataSet.places[0]));
    const kind = dataSet.places[0].section === 'node_data' ? 'node' : 'edge';
    const group = groups.get(root) ?? { kind, types: new Set(), dataSets: [] };
    groups.set(root, group);
    for (const place of dataSet.places) group.types.add(place.type);
    group.dataSets.push(dataSet);
  }
  return [...groups.values()].map(({ kind, types, dataSets: sets }) => ({
    kind,
    types: [...types] as [string, ...string[]],
    dataSets: sets,
  }));
}

/** One data set for each list of parts, with all its places. */
function collectDataSets(metadata: GraphMetadata): DataSet[] {
  const flat = flatNames(metadata);
  const byParts = new Map<string, DataSet>();
  for (const placed of metadata.entries) {
    const { section, type, name, entry } = placed;
    const isFlat = section !== 'edges' && name !== undefined && (flat[section].get(type)?.has(name) ?? false);
    // Two sections never share: a structure is no feature, and a node is no edge, even if somebody lists the same file.
    const key = `${section}\n${entry.parts.join('\n')}`;
    const known = byParts.get(key);
    if (known) {
      known.places.push(placeOf(placed));
      known.flat ||= isFlat;
      if (!known.rowCounts && entry.rowCounts) known.rowCounts = entry.rowCounts;
      continue;
    }
    byParts.set(key, {
      places: [placeOf(placed)],
      parts: entry.parts,
      flat: isFlat,
      ...(entry.rowCounts && { rowCounts: entry.rowCounts }),
    });
  }
  return [...byParts.values()];
}

function placeOf({ section, type, name }: PlacedEntry): Place {
  return name === undefined ? { section, type } : { section, type, name };
}

function keyOf({ section, type }: Place): string {
  return `${section === 'node_data' ? 'node' : 'edge'} ${type}`;
}

/**
 * The names under which an edge type's reverse may stand: `dst:relation-rev:src`, before GSProcessing 0.2
 * `dst:rev-relation:src`, and the forward type's if this one is the reverse.
 */
function twinsOf(type: string): string[] {
  const [src = '', relation = '', dst = ''] = type.split(':');
  const twins = [`${dst}:${relation}-rev:${src}`, `${dst}:rev-${relation}:${src}`];
  if (relation.endsWith('-rev')) twins.push(`${dst}:${relation.slice(0, -'-rev'.length)}:${src}`);
  if (relation.startsWith('rev-')) twins.push(`${dst}:${relation.slice('rev-'.length)}:${src}`);
  return twins;
}

/** Disjoint sets of types. */
class TypeLinks {
  private readonly parents = new Map<string, string>();

  rootOf(key: string): string {
    let root = key;
    for (let parent = this.parents.get(root); parent !== undefined; parent = this.parents.get(root))
      root = parent;
    return root;
  }

  join(a: string, b: string): void {
    const [first, second] = [this.rootOf(a), this.rootOf(b)];
    if (first !== second) this.parents.set(second, first);
  }
}
