import type { Storage } from '../../../storage/storage.js';
import type { Unit, UnitFacts } from './model.js';
import { readMapping } from './read-mapping.js';
import { type ReadOptions, readUnit } from './read-unit.js';

/** Whatever the unit is. */
export function readAny(
  storage: Storage,
  unit: Unit,
  options: ReadOptions,
): Promise<{ facts: UnitFacts; isSpent: boolean }> {
  return unit.kind === 'part' ? readUnit(storage, unit, options) : readMapping(storage, unit, options);
}
