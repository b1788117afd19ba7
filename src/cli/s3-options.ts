/** The options that only matter for `s3://` prefixes. Every command that reads a prefix has them. */
import type { OptionSet } from './options.js';

/** By their names on the command line; the S3 room knows `endpoint-url` as `endpointUrl`. Never credentials. */
export const s3Options = {} satisfies OptionSet;

/** What the S3 room is told, as plain JSON that travels to the workers; `undefined` when nothing was given. */
export function readS3Options(
  values: Readonly<Record<string, unknown>>,
): Record<string, string | number | boolean> | undefined {
  const given = Object.keys(s3Options).flatMap((name): [string, string | number | boolean][] => {
    const value = values[name];
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain ? [[camelCase(name), value]] : [];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
