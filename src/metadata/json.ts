/**
 * JSON that comes out as it went in: numbers keep their text, objects the order of their keys and every key, be it
 * `__proto__` or `10`, which plain JavaScript objects lose or move. Written the way Python's json.dump(indent=4) does.
 */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { RepartitionError } from '../errors.js';

export type Json = JsonObject | Json[] | JsonNumber | string | boolean | null;

export type JsonObject = Map<string, Json>;

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string | number) {
    this.text = String(text);
  }

  /** Undefined unless it is an integer that JavaScript holds exactly. */
  toInteger(): number | undefined {
    const value = Number(this.text);
    return /^-?\d+$/.test(this.text) && Number.isSafeInteger(value) ? value : undefined;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

/**
 * @param file for messages
 * @throws RepartitionError `metadata` with line and column
 */
export function parseJson(text: string, file: string): Json {
  const errors: ParseError[] = [];
  const tree = parseTree(text.replace(/^\uFEFF/, ' '), errors, { disallowComments: true });
  const [error] = errors;
  if (error || !tree) {
    const what = error ? printParseErrorCode(error.error) : 'the file is empty';
    throw broken(file, text, error?.offset ?? 0, what);
  }
  return fromNode(tree, text, file);
}

function fromNode(node: Node, text: string, file: string): Json {
  switch (node.type) {
    case 'object': {
      const object: JsonObject = new Map();
      for (const { children } of node.children ?? []) {
        const [key, value] = children as [Node, Node];
        const name = key.value as string;
        if (object.has(name)) throw broken(file, text, key.offset, `the key "${name}" occurs twice`);
        object.set(name, fromNode(value, text, file));
      }
      return object;
    }
    case 'array':
      return (node.children ?? []).map((child) => fromNode(child, text, file));
    case 'number':
      return new JsonNumber(text.slice(node.offset, node.offset + node.length));
    default:
      return node.value as string | boolean | null;
  }
}

function broken(file: string, text: string, offset: number, what: string): RepartitionError {
  const before = text.slice(0, offset).split('\n');
  const where = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  return new RepartitionError('metadata', `${file}: not valid JSON at ${where}: ${what}`, {
    hint: 'Restore the file that gs-processing wrote, or run gs-processing again.',
  });
}

/** As Python's json.dump(value, indent=4) writes it: four spaces, ASCII alone, no newline at the end. */
export function stringifyJson(value: Json): string {
  const chunks: string[] = [];
  write(value, '\n', chunks);
  return chunks.join('');
}

function write(value: Json, newline: string, chunks: string[]): void {
  if (Array.isArray(value)) {
    writeItems('[', ']', value, newline, chunks, (item, inner) => write(item, inner, chunks));
  } else if (isObject(value)) {
    writeItems('{', '}', [...value], newline, chunks, ([key, item], inner) => {
      chunks.push(quote(key), ': ');
      write(item, inner, chunks);
    });
  } else if (value instanceof JsonNumber) {
    chunks.push(value.text);
  } else {
    chunks.push(typeof value === 'string' ? quote(value) : String(value));
  }
}

function writeItems<T>(
  open: string,
  close: string,
  items: readonly T[],
  newline: string,
  chunks: string[],
  writeItem: (item: T, inner: string) => void,
): void {
  const inner = `${newline}    `;
  chunks.push(open);
  items.forEach((item, i) => {
    chunks.push(i === 0 ? inner : `,${inner}`);
    writeItem(item, inner);
  });
  chunks.push(items.length === 0 ? close : `${newline}${close}`);
}

/** JSON.stringify escapes as Python does, except that Python goes on to escape all that is not ASCII. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
