/**
 * JSON that comes out as it went in: numbers keep their text, objects the order of their keys and every key, be it
 * `__proto__` or `10`, which plain JavaScript objects lose or move. So objects are Maps. What Python's json module
 * writes and JSON does not know (NaN, Infinity, -Infinity: a label without values has such statistics) is read too.
 */
import { createScanner, type JSONScanner } from 'jsonc-parser';
import { RepartitionError } from '../errors.js';

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

/** jsonc-parser's SyntaxKind; a `const enum` can't be imported. */
const Token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineComment: 12,
  blockComment: 13,
  newLine: 14,
  spaces: 15,
  end: 17,
} as const;

/** By jsonc-parser's ScanError. */
const SCAN_ERRORS: readonly (string | undefined)[] = [
  undefined,
  undefined,
  'a string does not end',
  'a number does not end',
  'a \\u escape needs four hexadecimal digits',
  'an unknown escape in a string',
  'a control character in a string',
];

/** Far beyond any metadata, and far below what the stack holds. */
const DEEPEST = 200;

/**
 * @param file for messages
 * @throws RepartitionError `metadata` with line and column
 */
export function parseJson(text: string, file: string): Json {
  return new Parser(text, file).document();
}

/** Recursive descent over jsonc-parser's tokens; stops at the first thing that is wrong. */
class Parser {
  private readonly text: string;
  private readonly file: string;
  private readonly scanner: JSONScanner;
  private token = 0;

  constructor(text: string, file: string) {
    this.text = text.replace(/^\uFEFF/, ' ');
    this.file = file;
    this.scanner = createScanner(this.text);
  }

  document(): Json {
    this.next();
    const value = this.value(0);
    if (this.token !== Token.end) throw this.wrong('something follows the document');
    return value;
  }

  private next(): void {
    do this.token = this.scanner.scan();
    while (this.token === Token.newLine || this.token === Token.spaces);
    const isComment = this.token === Token.lineComment || this.token === Token.blockComment;
    const error = isComment ? 'a comment' : SCAN_ERRORS[this.scanner.getTokenError()];
    if (error !== undefined) throw this.wrong(error);
  }

  private value(depth: number): Json {
    if (depth > DEEPEST) throw this.wrong(`more than ${DEEPEST} levels of lists and objects`);
    switch (this.token) {
      case Token.openBrace:
        return this.object(depth);
      case Token.openBracket:
        return this.list(depth);
      default: {
        const value = this.literal();
        this.next();
        return value;
      }
    }
  }

  private object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    this.next();
    while (this.token !== Token.closeBrace) {
      if (object.size > 0) this.comma('}');
      this.require(Token.string, object.size > 0 ? 'a key' : 'a key or }');
      const key = this.scanner.getTokenValue();
      if (object.has(key)) throw this.wrong(`the key ${JSON.stringify(key)} occurs twice`);
      this.next();
      this.require(Token.colon, 'a colon');
      this.next();
      object.set(key, this.value(depth + 1));
    }
    this.next();
    return object;
  }

  private list(depth: number): Json[] {
    const items: Json[] = [];
    this.next();
    while (this.token !== Token.closeBracket) {
      if (items.length > 0) this.comma(']');
      items.push(this.value(depth + 1));
    }
    this.next();
    return items;
  }

  private comma(end: string): void {
    this.require(Token.comma, `a comma or ${end}`);
    this.next();
  }

  private require(token: number, name: string): void {
    if (this.token !== token) throw this.wrong(`${name} is missing`);
  }

  private literal(): Json {
    switch (this.token) {
      case Token.null:
        return null;
      case Token.true:
        return true;
      case Token.false:
        return false;
      case Token.string:
        return this.scanner.getTokenValue();
      case Token.number: {
        const text = this.scanner.getTokenValue();
        const value = Number(text);
        return Number.isSafeInteger(value) && String(value) === text ? value : new RawNumber(text);
      }
      default:
        return this.pythonNumber();
    }
  }

  private pythonNumber(): RawNumber {
    const start = this.scanner.getTokenOffset();
    for (const word of ['NaN', 'Infinity', '-Infinity']) {
      if (!this.text.startsWith(word, start)) continue;
      this.scanner.setPosition(start + word.length);
      return new RawNumber(word);
    }
    throw this.wrong('no value starts here');
  }

  private wrong(what: string): RepartitionError {
    const line = this.scanner.getTokenStartLine() + 1;
    const column = this.scanner.getTokenStartCharacter() + 1;
    const problem =
      this.text.trim() === '' ? 'the file is empty' : this.token === Token.end ? 'it ends here' : what;
    return new RepartitionError(
      'metadata',
      `${this.file}: not valid JSON at line ${line}, column ${column}: ${problem}`,
      { hint: 'Restore the file that gs-processing wrote, or run gs-processing again.' },
    );
  }
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
