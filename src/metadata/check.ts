/** Reading JSON that must have a certain form: what is wrong is said by the key where it is wrong. */
import { RepartitionError } from '../errors.js';
import { isObject, type Json, type JsonObject } from './json.js';

/** `node_data["user"]["age"]`: names are quoted, so that a message stays one line whatever they hold. */
export function keyPath(section: string, ...names: string[]): string {
  return section + names.map((name) => `[${JSON.stringify(name)}]`).join('');
}

/** Every method throws a RepartitionError `metadata` naming file and key unless the value has the form it asks for. */
export class Checker {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  wrong(
    what: string,
    hint = 'Restore the file that gs-processing wrote, or run gs-processing again.',
  ): RepartitionError {
    return new RepartitionError('metadata', `${this.file}: ${what}`, { hint });
  }

  object(value: Json | undefined, key: string): JsonObject {
    if (isObject(value)) return value;
    throw this.wrong(value === undefined ? `${key} is missing` : `${key} is not an object`);
  }

  /** An object that may be missing or null: then it is empty. */
  optionalObject(value: Json | undefined, key: string): JsonObject {
    return value === undefined || value === null ? new Map<string, Json>() : this.object(value, key);
  }

  strings(value: Json | undefined, key: string): string[] {
    if (value === undefined) throw this.wrong(`${key} is missing`);
    if (!Array.isArray(value)) throw this.wrong(`${key} is not a list`);
    const wrong = value.findIndex((item) => typeof item !== 'string');
    if (wrong >= 0) throw this.wrong(`${key}[${wrong}] is not a string`);
    // The document's own list: a second one of a million parts is 8 MB.
    return value as string[];
  }

  /** A list of types: each stands in it once. */
  types(value: Json | undefined, key: string): string[] {
    const types = this.strings(value, key);
    const twice = types.find((type, i) => types.indexOf(type) !== i);
    if (twice !== undefined) throw this.wrong(`${key} lists ${JSON.stringify(twice)} twice`);
    return types;
  }

  /** Numbers of rows; undefined when missing or null. */
  counts(value: Json | undefined, key: string): number[] | undefined {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw this.wrong(`${key} is not a list`);
    // Numbers that JavaScript can't hold exactly are no plain numbers here: 2^53 rows are an error, not a guess.
    const wrong = value.findIndex((count) => typeof count !== 'number' || count < 0);
    if (wrong >= 0) throw this.wrong(`${key}[${wrong}] is not a number of rows`);
    return value as number[];
  }

  /** Part paths are input, not trust: they must stay inside the prefix. */
  paths(value: Json | undefined, key: string): string[] {
    const paths = this.strings(value, key);
    const outside = paths.findIndex(isOutside);
    if (outside < 0) return paths;
    throw this.wrong(
      `${key}[${outside}]: ${JSON.stringify(paths[outside])} is not a path inside the prefix`,
      'Paths must be relative to the prefix, without "..", ".", empty names, backslashes or a scheme such as s3:.',
    );
  }
}

/** Absolute, a URI, with a backslash or control character, or with a name that is empty, `.` or `..`. */
function isOutside(path: string): boolean {
  return /(?:^|\/)\.{0,2}(?:\/|$)|^[A-Za-z][A-Za-z0-9+.-]*:|[\\\0-\x1f\x7f]/.test(path);
}
