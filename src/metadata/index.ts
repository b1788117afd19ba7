/** metadata.json: read, check, group, write. */
export { alignmentGroups } from './groups.js';
export type { AlignmentGroup, DataSet, Place } from './model.js';
export { type GraphMetadata, MetadataReader } from './parse.js';
/** @internal */
export { parseMetadata } from './parse.js';
export { foreignKeys } from './differences.js';
export { isMask, namedFeatures } from './named.js';
export { forwardNames } from './reverse.js';
export {
  declaredTotals,
  endsOf,
  idMappingsToCount,
  infoCounts,
  undeclaredEnds,
  undeclaredTypes,
  uncountedTypes,
} from './totals.js';
export { type MetadataChanges, updateMetadata } from './update.js';
