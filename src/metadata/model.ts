/** What metadata.json says, in the design's words. Plain data: everything here survives JSON. */

/** The sections of metadata.json whose data sets are aligned. */
export type AlignedSection = 'edges' | 'edge_data' | 'node_data';

/** One place in metadata.json where a data set is listed. `name` is the feature's; structures have none. */
export interface Place {
  section: AlignedSection;
  /** A node type, or an edge type `src:relation:dst`. */
  type: string;
  name?: string;
}

/** A metadata entry `{format, data, row_counts}`. Shared data sets have one `DataSet` with several places. */
export interface DataSet {
  /** Every place that lists exactly these parts; the first in metadata order comes first. */
  places: [Place, ...Place[]];
  /** Part paths relative to the prefix, checked to stay inside it, in row order. */
  parts: string[];
  /** As the metadata says; absent in older files. */
  rowCounts?: number[];
  /** What another of its places says, where that contradicts `rowCounts`. */
  otherRowCounts?: number[];
  /** A label or mask that DistPartitioning must read as a flat `(N,)` array, if its column turns out flat. */
  flat: boolean;
}

/**
 * The data sets that must share one layout: a type's structure and features, its reverse type's structure, and
 * what both share.
 */
export interface AlignmentGroup {
  kind: 'edge' | 'node';
  /** The types in it, in metadata order: the first names the group in messages. */
  types: [string, ...string[]];
  /** In metadata order: structures first, then features. */
  dataSets: DataSet[];
}
