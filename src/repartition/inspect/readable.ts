/** Footers in words: hyparquet knows logical types and how bounds are stored. */
import { parquetMetadata } from 'hyparquet/src/metadata.js';
import { type Footer, footerBytes } from '../../parquet/footer.js';
import type { PlainValue } from './model.js';

export type ReadableFooter = ReturnType<typeof parquetMetadata>;

const readable = new WeakMap<Footer, ReadableFooter | undefined>();

/** A footer as hyparquet reads it; undefined where it stumbles over one that we can read, for bounds may be anything. */
export function inWords(footer: Footer): ReadableFooter | undefined {
  if (!readable.has(footer)) readable.set(footer, attempt(footer));
  return readable.get(footer);
}

function attempt(footer: Footer): ReadableFooter | undefined {
  try {
    // Files are not asked to be maps, and a key that says so must not be believed.
    return parquetMetadata(footerBytes(footer.meta), { geoparquet: false });
  } catch {
    return undefined;
  }
}

/** A value as JSON can say it; what it has no word for becomes a text. */
export function plainValue(value: unknown): PlainValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'a date beyond all dates' : value.toISOString();
  }
  // Arrow's own: lists, structs and maps.
  if (hasJson(value)) return plainValue(value.toJSON());
  if (isIterable(value)) return Array.from(value, plainValue);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainValue(one)]));
}

function hasJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}
