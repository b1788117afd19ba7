import type { Storage } from '../../../storage/storage.js';
import type { Unit } from './model.js';
import { readMapping } from './read-mapping.js';
import { type Outcome, type ReadOptions, readUnit } from './read-unit.js';

/** Whatever the unit is. */
export function readAny(storage: Storage, unit: Unit, options: ReadOptions): Promise<Outcome> {
  return unit.kind === 'part' ? readUnit(storage, unit, options) : readMapping(storage, unit, options);
}
