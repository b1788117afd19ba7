/** A walk's file: YAML whose keys are options, with a line for each mistake that says where it is. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { BadValue, type Option, type OptionSet } from './options.js';
import { suggest } from './suggest.js';
import { alwaysThere, listed, sections, topOptions, type WalkValues } from './walk-options.js';

export interface FileMistake {
  /** From 1. */
  line: number;
  /** `setup.image-uri`; empty for what is about the whole file. */
  key: string;
  message: string;
}

export interface ReadWalk {
  /** Only when there are no mistakes. */
  values?: WalkValues;
  mistakes: FileMistake[];
  /** Where a key stands, or else the section that it would stand in. */
  lineOf(keys: readonly string[]): number;
}

/**
 * Reads a file's text. Every value is text until its option has looked at it, as on the command line, so that `0123` and
 * `1e3` are what was typed.
 */
export function readWalk(text: string): ReadWalk {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
  });
  const reader = new Reader(document, lines);
  const lineOf = (keys: readonly string[]): number => reader.lineOf(keys);
  if (document.errors.length > 0) {
    const mistakes = document.errors.map(({ pos: [at], code, message }) => ({
      line: lines.linePos(at).line,
      key: '',
      message:
        code === 'MULTIPLE_DOCS'
          ? 'this is a second document: a file holds one walk'
          : `this is no YAML: ${message.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())}`,
    }));
    return { mistakes, lineOf };
  }
  const values = reader.read();
  return { ...(reader.mistakes.length === 0 ? { values } : {}), mistakes: reader.mistakes, lineOf };
}

class Reader {
  readonly mistakes: FileMistake[] = [];
  /** Keys that were written otherwise, which a line says already: nobody needs a second one, that they are missing. */
  private readonly meant = new Set<string>();

  constructor(
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  read(): WalkValues {
    const root = this.entriesOf(this.document.contents, []);
    // That says it all; nobody reads the values then.
    if (root === undefined) return {} as WalkValues;
    const names = Object.keys(sections);
    const known = [...Object.keys(topOptions), ...names];
    for (const name of root.keys()) if (!known.includes(name)) this.unknown([name], known);
    const read: Record<string, unknown> = {
      top: this.section(
        new Map([...root].filter(([name]) => Object.hasOwn(topOptions, name))),
        topOptions,
        [],
      ),
    };
    for (const name of names) {
      const node = root.get(name);
      if (node === undefined && (this.meant.has(name) || !alwaysThere.includes(name))) continue;
      const options: OptionSet = sections[name as keyof typeof sections];
      const entries = this.entriesOf(node, [name]);
      if (entries !== undefined) read[name] = this.section(entries, options, [name]);
    }
    // Each value was made by the parser of its option.
    return read as unknown as WalkValues;
  }

  lineOf(keys: readonly string[]): number {
    for (let depth = keys.length; depth > 0; depth--) {
      const line = this.lineOfKey(keys.slice(0, depth));
      if (line !== undefined) return line;
    }
    return 1;
  }

  private lineOfKey(keys: readonly string[]): number | undefined {
    let node: unknown = this.document.contents;
    let line: number | undefined;
    for (const key of keys) {
      if (!isMap(node)) return undefined;
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined || !isScalar(pair.key)) return undefined;
      line = this.lines.linePos(pair.key.range?.[0] ?? 0).line;
      node = this.resolved(pair.value);
    }
    return line;
  }

  /** The entries of a map; of nothing there are none. `undefined` for anything else, which is a mistake. */
  private entriesOf(given: unknown, path: readonly string[]): Map<string, unknown> | undefined {
    const node = this.resolved(given);
    if (node === undefined || node === null || (isScalar(node) && (node.value ?? '') === ''))
      return new Map();
    if (!isMap(node)) {
      this.wrong(
        path,
        path.length === 0 ? 'the file must hold keys and values' : 'must hold keys and values',
      );
      return undefined;
    }
    return new Map(
      node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : String(key), value]),
    );
  }

  private section(
    entries: ReadonlyMap<string, unknown>,
    options: OptionSet,
    path: readonly string[],
  ): Record<string, unknown> {
    const read: Record<string, unknown> = {};
    for (const name of entries.keys()) {
      if (!Object.hasOwn(options, name)) this.unknown([...path, name], Object.keys(options));
    }
    for (const [name, option] of Object.entries(options)) {
      if (entries.has(name)) {
        try {
          read[name] = this.value(this.resolved(entries.get(name)), name, option);
        } catch (error) {
          if (!(error instanceof BadValue)) throw error;
          this.wrong([...path, name], error.message);
        }
      } else if (option.required) {
        if (!this.meant.has([...path, name].join('.'))) this.wrong([...path, name], 'is required');
      } else if (!option.parse) read[name] = false;
      else if (option.default !== undefined) read[name] = option.parse(option.default);
    }
    return read;
  }

  /** @throws BadValue */
  private value(node: unknown, name: string, { parse, many }: Option<unknown>): unknown {
    if (many && parse && isMap(node)) {
      return node.items.map(({ key, value }) =>
        parsed(`${textOf(key)}=${textOf(this.resolved(value))}`, parse),
      );
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => textOf(this.resolved(item)));
      if (many && parse) return items.map((item) => parsed(item, parse));
      if (parse && listed.includes(name)) return parsed(items.join(','), parse);
      throw new BadValue('must be one value, not a list');
    }
    const typed = textOf(node);
    if (parse) return many ? [parsed(typed, parse)] : parsed(typed, parse);
    if (/^true$/i.test(typed)) return true;
    if (/^false$/i.test(typed)) return false;
    throw new BadValue(`must be true or false, not ${JSON.stringify(typed)}`);
  }

  /** What an alias stands for. */
  private resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }

  private unknown(path: readonly string[], known: readonly string[]): void {
    const meant = suggest(path.at(-1) ?? '', known);
    if (meant !== undefined) this.meant.add([...path.slice(0, -1), meant].join('.'));
    this.wrong(
      path,
      meant === undefined ? `is no key; there are ${known.join(', ')}` : `is no key; did you mean ${meant}?`,
    );
  }

  private wrong(path: readonly string[], message: string): void {
    this.mistakes.push({ line: this.lineOf(path), key: path.join('.'), message });
  }
}

function textOf(node: unknown): string {
  // The schema has nothing but texts.
  if (isScalar(node)) return typeof node.value === 'string' ? node.value : '';
  throw new BadValue('must be one value');
}

function parsed(typed: string, parse: (text: string) => unknown): unknown {
  if (typed.trim() === '') throw new BadValue('must not be empty');
  try {
    return parse(typed);
  } catch (error) {
    if (error instanceof BadValue) throw new BadValue(`${error.message}, not ${JSON.stringify(typed)}`);
    throw error;
  }
}
