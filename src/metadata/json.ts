/**
 * JSON that comes out as it went in (`json-reader.ts` reads it): numbers keep their text, objects the order of their keys and every key, be it
 * `__proto__` or `10`, which plain JavaScript objects lose or move. So objects are Maps. What Python's json module
 * writes and JSON does not know (NaN, Infinity, -Infinity: a label without values has such statistics) is read too.
 */
/** Numbers are plain where they come out with the same text, else `RawNumber`. */
export type Json = JsonObject | Json[] | number | RawNumber | string | boolean | null;

export type JsonObject = Map<string, Json>;

/** A number that JavaScript would change, as it was written: beyond 2^53, fractions, exponents, NaN. */
export class RawNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

/** A list whose items are made when they are written: of a million names no more than a few exist at a time. */
export class LazyList {
  constructor(readonly items: Iterable<string | number>) {}
}

/** What can be written. */
export type WritableJson = Json | LazyList | ReadonlyMap<string, WritableJson>;

/** Of strings that go into one block. Measured: of sixteen times as many, most outlive the nursery. */
const CHUNKS_A_BLOCK = 1024;

/**
 * As Python's json.dump(value, indent=4) writes it: four spaces, ASCII alone, no newline at the end. In blocks of some
 * 100 kB: millions of small strings, or the whole text at once, would take far more memory.
 */
export function* jsonBlocks(value: WritableJson): Generator<string> {
  let chunks: string[] = [];
  for (const chunk of jsonChunks(value, '\n')) {
    if (chunks.push(chunk) < CHUNKS_A_BLOCK) continue;
    yield chunks.join('');
    chunks = [];
  }
  yield chunks.join('');
}

function* jsonChunks(value: WritableJson, newline: string): Generator<string> {
  const inner = `${newline}    `;
  let isFirst = true;
  if (Array.isArray(value) || value instanceof LazyList) {
    yield '[';
    for (const item of Array.isArray(value) ? value : value.items) {
      const start = isFirst ? inner : `,${inner}`;
      isFirst = false;
      if (isNested(item)) {
        yield start;
        yield* jsonChunks(item, inner);
      } else yield start + literal(item);
    }
    yield isFirst ? ']' : `${newline}]`;
  } else if (isNested(value)) {
    yield '{';
    for (const [key, item] of value) {
      yield `${isFirst ? '' : ','}${inner}${quote(key)}: `;
      isFirst = false;
      yield* jsonChunks(item, inner);
    }
    yield isFirst ? '}' : `${newline}}`;
  } else yield literal(value);
}

type Literal = RawNumber | string | number | boolean | null;

function isNested(value: WritableJson): value is Exclude<WritableJson, Literal> {
  return typeof value === 'object' && value !== null && !(value instanceof RawNumber);
}

function literal(value: Literal): string {
  if (value instanceof RawNumber) return value.text;
  return typeof value === 'string' ? quote(value) : String(value);
}

/** JSON.stringify escapes as Python does, except that Python goes on to escape DEL and all that is not ASCII. */
function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
