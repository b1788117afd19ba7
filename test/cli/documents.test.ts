/** Every document of `--json` says what it is and in which version, and a schema in the package describes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture } from '../graphs/prefix.js';
import { documentProblems, readSchema, schemaNames, validatorOf } from '../support/documents.js';
import { repositoryRoot } from '../support/paths.js';

describe.each(schemaNames)('schemas/%s.json', (name) => {
  test('is a schema, and is called as the document says', () => {
    validatorOf(name);
    const [, document, version] = /^(.*)\.v(\d+)$/.exec(name) ?? [];
    const schema = readSchema(name);
    expect(schema['$id']).toBe(`https://gs-repartition/schemas/${name}.json`);
    // At the top, or in each kind that there is of it.
    const text = JSON.stringify(schema);
    expect(text).toContain(`"document":{"const":"gs-repartition/${document ?? ''}"}`);
    expect(text).toContain(`"version":{"const":${version ?? ''}}`);
  });
});

test('every document that is printed somewhere has a schema, and every schema a document', () => {
  const files = readdirSync(join(repositoryRoot, 'src'), { recursive: true, encoding: 'utf8' });
  const printed = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(repositoryRoot, 'src', file), 'utf8'))
    .flatMap((text) => [
      ...text.matchAll(/'gs-repartition\/([a-z-]+)'/g),
      ...text.matchAll(/\bversioned\(\s*'([a-z-]+)'/g),
    ])
    .map(([, name]) => `${name ?? ''}.v1`)
    // What programs import, not what they print.
    .filter((name) => name !== 'parquet.v1' && name !== 'upstream.v1');
  expect([...new Set(printed)].sort()).toEqual([...schemaNames].sort());
});

test('a run, and a second one', async () => {
  const prefix = await copyFixture('cases/file-counts');
  for (let i = 0; i < 2; i++) {
    const { code, stdout } = await gsRepartition(['--input-prefix', prefix, '--json']);
    expect({ code, problems: documentProblems(stdout) }).toEqual({ code: 0, problems: [] });
    expect(JSON.parse(stdout)).toMatchObject({ document: 'gs-repartition/alignment', version: 1 });
  }
});

test.each([
  [['--input-prefix', '/nowhere/graph', '--json'], 1, 'not-found'],
  [['verify', '--input-prefix', '/nowhere/graph', '--json'], 5, 'not-found'],
  [['plan', '--json'], 2, 'usage'],
  [['--no-such-option', '--json'], 2, 'usage'],
])('a failure: %j', async (args, exitCode, error) => {
  const { code, stdout } = await gsRepartition(args);
  expect({ code, problems: documentProblems(stdout) }).toEqual({ code: exitCode, problems: [] });
  expect(JSON.parse(stdout)).toMatchObject({ document: 'gs-repartition/error', error: { code: error } });
});

test('what lacks a field, or names no document, is seen', () => {
  const document = {
    document: 'gs-repartition/error',
    version: 1,
    status: 'failed',
    error: { code: 'usage' },
  };
  expect(documentProblems(JSON.stringify(document))).toEqual([
    "error.v1/error: must have required property 'message'",
  ]);
  expect(documentProblems('{"status":"failed"}')).toEqual(['there is no schema nameless.v0']);
});
