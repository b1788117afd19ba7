/**
 * Options as data: how a command describes one, and what it gets. Values are text until `parse` has looked at them,
 * wherever they come from: the command line, the environment or a default.
 */
import type { Options } from 'yargs';
import { RepartitionError } from '../errors.js';

export interface Option<T> {
  describe: string;
  /** Turns what was typed into the value; a flag has none. Throws {@link BadValue}. */
  parse?: (text: string) => unknown;
  alias?: string;
  required?: boolean;
  /** May be given several times; the value is a list. */
  many?: boolean;
  /** As a person would type it. */
  default?: string;
  /** The values there are, if they can be listed. */
  choices?: readonly string[];
  /** What of the disk a shell may complete the value with. */
  completes?: 'folder' | 'file';
  /** The value's type, which only the compiler looks at. */
  readonly value?: T;
}

export type OptionSet = Readonly<Record<string, Option<unknown>>>;
export type Values<O extends OptionSet> = { [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What is wrong with a value, as the end of a sentence that the option's name begins: "must be …". */
export class BadValue extends Error {}

export function flag(describe: string): Option<boolean> {
  return { describe };
}

export function text(describe: string): Option<string | undefined> {
  return { describe, parse: (typed) => typed };
}

/** A text that is the path of something on the disk, or may be. */
export function path(describe: string, completes: 'folder' | 'file'): Option<string | undefined> {
  return { ...text(describe), completes };
}

/** One of `choices`, in any case. */
export function choice<const C extends string>(
  describe: string,
  choices: readonly C[],
): Option<C | undefined> {
  const parse = (typed: string): C => {
    const found = choices.find((one) => one.toLowerCase() === typed.toLowerCase());
    if (found === undefined) throw new BadValue(`must be one of ${choices.join(', ')}`);
    return found;
  };
  return { describe: `${describe}: ${choices.join(' | ')}`, parse, choices };
}

/** A whole number of at least 1. */
export function count(describe: string): Option<number | undefined> {
  const parse = (typed: string): number => {
    const value = /^\+?\d+$/.test(typed.trim()) ? Number(typed) : NaN;
    if (!Number.isSafeInteger(value) || value < 1) throw new BadValue('must be a whole number of at least 1');
    return value;
  };
  return { describe, parse };
}

const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** A size with its unit, as `512MB`, `1.5g` or `2 GiB`, in bytes; a thousand is 1024 in all of them. */
export function size(describe: string): Option<number | undefined> {
  const parse = (typed: string): number => {
    const [, number = '', unit = ''] = /^\+?(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?$/i.exec(typed.trim()) ?? [];
    const bytes = Math.round(Number(number) * (UNITS[unit.toLowerCase()] ?? NaN));
    if (!Number.isSafeInteger(bytes) || bytes < 1) throw new BadValue('must be a size such as 512MB or 2GB');
    return bytes;
  };
  return { describe, parse };
}

/** Python's True and False as the reference takes them: also 1 and 0, in any case. */
export function trueOrFalse(describe: string): Option<boolean | undefined> {
  const parse = (typed: string): boolean => {
    const lower = typed.toLowerCase();
    if (lower === 'true' || lower === '1') return true;
    if (lower === 'false' || lower === '0') return false;
    throw new BadValue('must be True or False');
  };
  return { describe: `${describe}: True | False`, parse, choices: ['True', 'False'] };
}

export function required<T>(option: Option<T | undefined>): Option<T> {
  return { ...option, required: true } as Option<T>;
}

export function withDefault<T>(option: Option<T | undefined>, typed: string): Option<T> {
  return { ...option, default: typed } as Option<T>;
}

/** The option can be given several times. */
export function many<T>(option: Option<T | undefined>): Option<T[] | undefined> {
  return { ...option, many: true } as Option<T[] | undefined>;
}

/** The option can also be given by another name. */
export function alias<T>(name: string, option: Option<T>): Option<T> {
  return { ...option, alias: name };
}

/** Where values may come from, for messages and for the environment. */
export interface Source {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
}

const ENV_PREFIX = 'GS_REPARTITION_';

/** `input-prefix` as `GS_REPARTITION_INPUT_PREFIX`. */
export function envName(option: string): string {
  return ENV_PREFIX + option.toUpperCase().replaceAll('-', '_');
}

/** The options that the environment sets, as text or, for flags, true or false. Empty variables count as unset. */
export function fromEnvironment(options: OptionSet, { env }: Source): Record<string, string | boolean> {
  const found: Record<string, string | boolean> = {};
  for (const [name, option] of Object.entries(options)) {
    const typed = env[envName(name)];
    if (typed === undefined || typed === '') continue;
    found[name] = option.parse ? typed : flagValue(envName(name), typed);
  }
  return found;
}

/** Variables of ours that no option has: probably a typing mistake, but not worth stopping a run. */
export function unknownVariables(known: Iterable<string>, { env }: Source): string[] {
  const names = new Set(Array.from(known, envName));
  return Object.keys(env).filter((name) => name.startsWith(ENV_PREFIX) && !names.has(name));
}

/** What yargs is told of the options. */
export function yargsOptions(options: OptionSet, source: Source): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]): [string, Options] => [
      name,
      yargsOption(name, option, source),
    ]),
  );
}

function yargsOption(name: string, option: Option<unknown>, source: Source): Options {
  const { parse } = option;
  const single = (given: unknown): unknown => {
    if (Array.isArray(given)) throw usage(`--${name} was given more than once`);
    return given;
  };
  const coerceOne = (one: unknown): unknown =>
    parse && typeof one === 'string' ? parsed(name, parse, one, source) : one;
  const coerce = (given: unknown): unknown => {
    if (!option.many || given === undefined) return coerceOne(single(given));
    return (Array.isArray(given) ? given : [given]).map(coerceOne);
  };
  return {
    describe: described(option),
    coerce,
    ...(parse ? { type: 'string', requiresArg: true } : { type: 'boolean', default: false }),
    ...(option.alias !== undefined && { alias: option.alias }),
    ...(option.required && { demandOption: true }),
    ...(option.default !== undefined && { default: option.default }),
  };
}

function described({ describe, required, default: byDefault }: Option<unknown>): string {
  if (required) return `${describe} (required)`;
  return byDefault === undefined ? describe : `${describe} (default: ${byDefault})`;
}

function parsed(name: string, parse: (text: string) => unknown, typed: string, source: Source): unknown {
  if (typed.trim() === '') throw usage(`${origin(name, source)} must not be empty`);
  try {
    return parse(typed);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw usage(`${origin(name, source)} ${error.message}, not ${JSON.stringify(typed)}`);
  }
}

/** What to call an option in a message about its value: the variable, when that is where the value is from. */
function origin(name: string, { argv, env }: Source): string {
  const typed = argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  return !typed && env[envName(name)] !== undefined ? envName(name) : `--${name}`;
}

function flagValue(variable: string, typed: string): boolean {
  if (/^(1|true|yes|on)$/i.test(typed)) return true;
  if (/^(0|false|no|off)$/i.test(typed)) return false;
  throw usage(`${variable} must be 1 or 0, not ${JSON.stringify(typed)}`);
}

/** A mistake on the command line, or in the variables that stand for it. */
export function usage(message: string, hint?: string): RepartitionError {
  return new RepartitionError('usage', message, hint === undefined ? {} : { hint });
}
