/** Python literals, as GraphStorm's launchers evaluate them: what parameters of SageMaker's `Processor` are written in. */
import { RepartitionError } from '../errors.js';

export type Literal = string | number | boolean | null | Literal[] | { [key: string]: Literal };

const NAMES: Readonly<Record<string, Literal>> = { True: true, False: false, None: null };
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/**
 * Reads `key=literal key=literal …`. As in the reference, spaces separate and values hold none.
 * @param option what it is called where it is given
 * @throws RepartitionError `usage`
 */
export function parseParameters(text: string, option: string): Record<string, Literal> {
  const parameters: Record<string, Literal> = {};
  for (const word of text.split(/\s+/).filter((word) => word !== '')) {
    const at = word.indexOf('=');
    if (at <= 0) {
      throw new RepartitionError('usage', `\`${option}\`: "${word}" is not key=value`, {
        hint: 'Separate parameters by spaces and use none in values: "volume_size_in_gb=100 tags=[]".',
      });
    }
    parameters[word.slice(0, at)] = parseLiteral(word.slice(at + 1));
  }
  return parameters;
}

/**
 * @throws RepartitionError `usage`
 * @internal exported for its tests
 */
export function parseLiteral(text: string): Literal {
  let at = 0;
  const fail = (): never => {
    throw new RepartitionError('usage', `not a Python literal: ${text}`, {
      hint: "Write strings in quotes and no spaces, for example subnets=['subnet-1','subnet-2'].",
    });
  };
  const take = (pattern: RegExp): string | undefined => {
    const match = new RegExp(pattern.source, 'y');
    match.lastIndex = at;
    const found = match.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const items = <T>(end: RegExp, one: () => T): T[] => {
    const list: T[] = [];
    while (take(end) === undefined) {
      if (list.length > 0 && take(/\s*,\s*/) === undefined) return fail();
      // A comma may stand before the end.
      if (take(end) !== undefined) break;
      list.push(one());
    }
    return list;
  };
  const value = (): Literal => {
    take(/\s+/);
    const quoted = take(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/);
    if (quoted !== undefined) return unquote(quoted);
    const number = take(/[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/);
    if (number !== undefined) return Number(number.replaceAll('_', ''));
    const name = take(/[A-Za-z]+/);
    if (name !== undefined) return Object.hasOwn(NAMES, name) ? NAMES[name]! : fail();
    if (take(/\[\s*/) !== undefined) return items(/\s*\]/, value);
    if (take(/\(\s*/) !== undefined) return items(/\s*\)/, value);
    if (take(/\{\s*/) === undefined) return fail();
    const entries = items(/\s*\}/, (): [string, Literal] => {
      const key = value();
      return typeof key === 'string' && take(/\s*:\s*/) !== undefined ? [key, value()] : fail();
    });
    return Object.fromEntries(entries);
  };
  const literal = value();
  return at === text.length ? literal : fail();
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/gs, (both, letter: string) => ESCAPES[letter] ?? both);
}
