/** From metadata.json to alignment groups: which data sets must share one layout. */
import type { AlignmentGroup, DataSet, Place } from './model.js';
import type { GraphMetadata, PlacedEntry } from './parse.js';
import { forwardNames, reverseNames } from './reverse.js';

/**
 * Every type with data sets is in exactly one group. Types share a group when they share a data set, and so do an edge
 * type and its reverse when either has edge data. Groups, types and data sets are in the document's order.
 */
export function alignmentGroups(metadata: GraphMetadata): AlignmentGroup[] {
  const dataSets = collectDataSets(metadata);
  const links = new TypeLinks();
  for (const { places } of dataSets) for (const place of places) links.join(keyOf(places[0]), keyOf(place));
  linkReverseTypes(metadata, links);

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

function linkReverseTypes({ entries }: GraphMetadata, links: TypeLinks): void {
  const edgeTypes = new Set(entries.flatMap(({ section, type }) => (section === 'edges' ? [type] : [])));
  for (const { section, type } of entries) {
    if (section !== 'edge_data') continue;
    for (const twin of [...reverseNames(type), ...forwardNames(type)]) {
      if (edgeTypes.has(twin)) links.join(`edge ${type}`, `edge ${twin}`);
    }
  }
}

/** One data set for each list of parts, with all its places. */
function collectDataSets({ entries, flat }: GraphMetadata): DataSet[] {
  const dataSets: DataSet[] = [];
  const known = new Map<string, DataSet[]>();
  for (const placed of entries) {
    const { section, type, name, entry } = placed;
    const isFlat = section !== 'edges' && name !== undefined && (flat[section].get(type)?.has(name) ?? false);
    // Two sections never share: a structure is no feature, and a node is no edge, even if both list the same files.
    const key = `${section} ${entry.parts.length} ${entry.parts[0]!}`;
    const alike = known.get(key) ?? [];
    known.set(key, alike);
    const shared = alike.find(({ parts }) => isSame(parts, entry.parts));
    if (shared) {
      addPlace(shared, placed, isFlat);
      continue;
    }
    const { parts, rowCounts } = entry;
    const dataSet = {
      places: [placeOf(placed)],
      parts,
      flat: isFlat,
      ...(rowCounts && { rowCounts }),
    } satisfies DataSet;
    alike.push(dataSet);
    dataSets.push(dataSet);
  }
  return dataSets;
}

function addPlace(dataSet: DataSet, placed: PlacedEntry, isFlat: boolean): void {
  dataSet.places.push(placeOf(placed));
  dataSet.flat ||= isFlat;
  const { rowCounts } = placed.entry;
  if (!rowCounts) return;
  if (!dataSet.rowCounts) dataSet.rowCounts = rowCounts;
  else if (!isSame(dataSet.rowCounts, rowCounts)) dataSet.otherRowCounts ??= rowCounts;
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function placeOf({ section, type, name }: PlacedEntry): Place {
  return name === undefined ? { section, type } : { section, type, name };
}

function keyOf({ section, type }: Place): string {
  return `${section === 'node_data' ? 'node' : 'edge'} ${type}`;
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
