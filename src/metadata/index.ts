/** metadata.json: read, check, group, write. */
export { alignmentGroups } from './groups.js';
export type { AlignedSection, AlignmentGroup, DataSet, Place } from './model.js';
export type { FlatNames } from './labels.js';
export { type GraphMetadata, parseMetadata } from './parse.js';
export { forwardNames } from './reverse.js';
export {
  type DeclaredTotal,
  declaredTotals,
  idMappingsToCount,
  type UndeclaredType,
  undeclaredTypes,
  uncountedTypes,
} from './totals.js';
export { type MetadataChanges, updateMetadata } from './update.js';
