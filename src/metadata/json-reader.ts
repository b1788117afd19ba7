/**
 * JSON read as it comes in, a block at a time: what is no value (a gigabyte of spaces, say) passes by, and values are
 * bounded before they are kept.
 */
import { createScanner, type JSONScanner } from 'jsonc-parser';
import { RepartitionError } from '../errors.js';
import { type Json, type JsonObject, RawNumber } from './json.js';

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

/** Far beyond any metadata. */
const DEEPEST = 200;
/** Letters of one string or number. */
const LONGEST = 16 * 1024 * 1024;
/** Bytes that all values may take, about: those of a million parts take 200 MB. */
const MOST_BYTES = 1024 * 1024 * 1024;
/** What a value takes beside its letters. */
const VALUE_BYTES = 32;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [9, 10, 13, 32];

/** Letters behind a token that tell whether it ends there: the longest word we look for is `-Infinity`. */
const MARGIN = 16;

interface OpenObject {
  object: JsonObject;
  key: string;
}

/** A list or an object that is not complete yet. */
type Open = OpenObject | { list: Json[] };

/** What may come next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma' | 'end';

/**
 * @param file for messages
 * @throws RepartitionError `metadata` with line and column
 * @internal
 */
export function parseJson(text: string, file: string): Json {
  const reader = new JsonReader(file);
  reader.feed(text);
  return reader.end();
}

/** Takes text in pieces, cut anywhere, and gives the document. Stops at the first thing that is wrong. */
export class JsonReader {
  private text = '';
  private scanner: JSONScanner = createScanner('');
  private token = 0;
  /** Of the current token, and where in the text its line starts: before the text, if it is negative. */
  private line = 0;
  private lineStart = 0;
  private isBegun = false;
  private isEmpty = true;

  private expected: Expected = 'value';
  private readonly open: Open[] = [];
  private document: Json = null;
  private bytes = 0;

  /** @param file for messages */
  constructor(private readonly file: string) {}

  /** @throws RepartitionError `metadata` with line and column */
  feed(text: string): void {
    // A byte order mark is a space that counts as a column.
    const added = this.isBegun ? text : text.replace(/^\uFEFF/, ' ');
    this.isBegun ||= text !== '';
    this.text = this.text === '' ? added : this.text + added;
    const rest = this.scan(false);
    if (rest.length > LONGEST) throw this.wrong(`a string or number of more than ${LONGEST} letters`);
    this.text = rest;
  }

  /** @throws RepartitionError `metadata` with line and column */
  end(): Json {
    this.scan(true);
    return this.document;
  }

  /** @returns what has to be looked at again when more has come */
  private scan(isLast: boolean): string {
    this.scanner = createScanner(this.text);
    for (let at = 0; ;) {
      at = this.skipSpace(at);
      this.scanner.setPosition(at);
      this.token = this.scanner.scan();
      if (!isLast && this.scanner.getPosition() + MARGIN > this.text.length) return this.rest(at);
      const isComment = this.token === Token.lineComment || this.token === Token.blockComment;
      const error = isComment ? 'a comment' : SCAN_ERRORS[this.scanner.getTokenError()];
      if (error !== undefined) throw this.wrong(error);
      if (this.token === Token.end && this.expected === 'end') return '';
      this.isEmpty &&= this.token === Token.end;
      this.take();
      at = this.scanner.getPosition();
    }
  }

  /** By hand: the scanner makes a string of it, letter by letter. */
  private skipSpace(from: number): number {
    const { text } = this;
    let at = from;
    for (; at < text.length; at++) {
      const letter = text.charCodeAt(at);
      if (letter === LINE_FEED) {
        this.line++;
        this.lineStart = at + 1;
      } else if (letter !== SPACE && letter !== TAB && letter !== CARRIAGE_RETURN) break;
    }
    return at;
  }

  private rest(from: number): string {
    this.lineStart -= from;
    return this.text.slice(from);
  }

  private take(): void {
    switch (this.expected) {
      case 'value or ]':
        if (this.token === Token.closeBracket) this.close();
        else this.value();
        return;
      case 'value':
        this.value();
        return;
      case 'key or }':
        if (this.token === Token.closeBrace) this.close();
        else this.key('a key or }');
        return;
      case 'key':
        this.key('a key');
        return;
      case 'colon':
        if (this.token !== Token.colon) throw this.wrong('a colon is missing');
        this.expected = 'value';
        return;
      case 'comma':
        this.comma();
        return;
      case 'end':
        throw this.wrong('something follows the document');
    }
  }

  private value(): void {
    if (this.open.length > DEEPEST) throw this.wrong(`more than ${DEEPEST} levels of lists and objects`);
    if (this.token === Token.openBrace) {
      const object: JsonObject = new Map();
      this.add(object);
      this.open.push({ object, key: '' });
      this.expected = 'key or }';
    } else if (this.token === Token.openBracket) {
      const list: Json[] = [];
      this.add(list);
      this.open.push({ list });
      this.expected = 'value or ]';
    } else {
      this.add(this.literal());
      this.expected = this.open.length === 0 ? 'end' : 'comma';
    }
  }

  private key(name: string): void {
    if (this.token !== Token.string) throw this.wrong(`${name} is missing`);
    const holder = this.open.at(-1) as OpenObject;
    const key = this.string();
    if (holder.object.has(key)) throw this.wrong(`the key ${JSON.stringify(key)} occurs twice`);
    holder.key = key;
    this.expected = 'colon';
  }

  private comma(): void {
    const isList = 'list' in this.open.at(-1)!;
    if (this.token === (isList ? Token.closeBracket : Token.closeBrace)) {
      this.close();
      return;
    }
    if (this.token !== Token.comma) throw this.wrong(`a comma or ${isList ? ']' : '}'} is missing`);
    this.expected = isList ? 'value' : 'key';
  }

  private close(): void {
    this.open.pop();
    this.expected = this.open.length === 0 ? 'end' : 'comma';
  }

  private add(value: Json): void {
    this.count(VALUE_BYTES);
    const holder = this.open.at(-1);
    if (!holder) this.document = value;
    else if ('list' in holder) holder.list.push(value);
    else holder.object.set(holder.key, value);
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes <= MOST_BYTES) return;
    throw new RepartitionError(
      'metadata',
      `${this.file}: its values take more memory than ${MOST_BYTES / 1024 ** 2} MB`,
      { hint: 'Metadata list parts and row counts: make sure that this is such a file.' },
    );
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
        return this.string();
      case Token.number: {
        const text = this.scanner.getTokenValue();
        const value = Number(text);
        if (Number.isSafeInteger(value) && String(value) === text) return value;
        this.count(text.length);
        return new RawNumber(ownCopy(text));
      }
      default:
        return this.pythonNumber();
    }
  }

  private string(): string {
    const text = this.scanner.getTokenValue();
    this.count(text.length);
    return ownCopy(text);
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
    const line = this.line + 1;
    const column = this.scanner.getTokenOffset() - this.lineStart + 1;
    const isAtEnd = this.token === Token.end;
    const problem = this.isEmpty && isAtEnd ? 'the file is empty' : isAtEnd ? 'it ends here' : what;
    return new RepartitionError(
      'metadata',
      `${this.file}: not valid JSON at line ${line}, column ${column}: ${problem}`,
      { hint: 'Restore the file that gs-processing wrote, or run gs-processing again.' },
    );
  }
}

/** V8 lets a longer substring stand on the text that it is from, and would keep all of that for one name. */
const SHARED_FROM = 13;

function ownCopy(text: string): string {
  if (text.length < SHARED_FROM) return text;
  const encoding = /^[\0-\xff]*$/.test(text) ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}
