/** Documents of `--json`, held against their schemas in `schemas/`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { repositoryRoot } from './paths.js';

const folder = join(repositoryRoot, 'schemas');

/** `plan.v1`, …: all that there are. */
export const schemaNames = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

export function readSchema(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>;
}

const compiled = new Map<string, ValidateFunction>();

/** @throws when the schema itself is wrong */
export function validatorOf(name: string): ValidateFunction {
  let validate = compiled.get(name);
  if (validate === undefined) {
    validate = new Ajv2020({
      strict: true,
      strictRequired: false,
      strictTypes: false,
      allErrors: true,
    }).compile(readSchema(name));
    compiled.set(name, validate);
  }
  return validate;
}

/** What is wrong with a document, by the schema that it names; nothing when all is right. */
export function documentProblems(text: string): string[] {
  let document: { document?: string; version?: number };
  try {
    document = JSON.parse(text) as typeof document;
  } catch {
    return [`no JSON: ${text}`];
  }
  const name = `${document.document?.replace(/^gs-repartition\//, '') ?? 'nameless'}.v${document.version ?? 0}`;
  if (!existsSync(join(folder, `${name}.json`))) return [`there is no schema ${name}`];
  const validate = validatorOf(name);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${name}${instancePath}: ${message ?? ''}`,
  );
}

/** Standard output of a command with `--json` must be a document as its schema says. */
export function mustBeDocument(text: string): void {
  const problems = documentProblems(text);
  if (problems.length > 0) throw new Error(`not as its schema says:\n${problems.join('\n')}\n${text}`);
}
