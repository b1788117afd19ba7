/** metadata.json: read, check, group, write. */
export { alignmentGroups } from './groups.js';
export { type GraphMetadata, parseMetadata } from './parse.js';
export { forwardNames } from './reverse.js';
export { declaredTotals, idMappingsToCount } from './totals.js';
export { updateMetadata } from './update.js';
