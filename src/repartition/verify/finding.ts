/** What checks hand back: facts go in, findings come out, and nothing is read in between. */
import type { DataSet } from '../../metadata/index.js';
import type { Violation } from '../api.js';

/** `violation`: DistPartitioning or the next step stops, or reads something else than what was meant. */
export interface Finding extends Violation {
  severity: 'violation' | 'warning';
}

type Where = Omit<Violation, 'kind' | 'message'>;

export function violation(kind: Violation['kind'], where: Where, message: string): Finding {
  return { severity: 'violation', kind, ...where, message };
}

export function warning(kind: Violation['kind'], where: Where, message: string): Finding {
  return { severity: 'warning', kind, ...where, message };
}

/** A data set as findings call it: by the first of its places, or that under a type. */
export function placeOf(dataSet: DataSet, type?: string): { type: string; dataSet: string } {
  const place = dataSet.places.find((one) => one.type === type) ?? dataSet.places[0];
  return { type: place.type, dataSet: place.name ?? 'structure' };
}

/** `a`, `a and b`, `a, b and 3 others`. */
export function someOf(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? '';
  if (names.length > most)
    return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} others`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

/** `1 row`, `1,234 rows`. */
export function countOf(count: number, noun: string): string {
  return `${String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')} ${noun}${count === 1 ? '' : 's'}`;
}
