/**
 * Every export has a docstring, and every function, class and constant an example in it:
 *
 *     @example
 *     ```ts
 *     import { RELEASES } from 'gs-repartition';
 *
 *     console.log(RELEASES['0.2.2']);
 *     // emr-6.13.0
 *     ```
 *
 * An example is type-checked against the built package, and runs in a folder that has a graph in `./graph`. Comments
 * right below code are what it prints; `…` in them stands for anything. One that needs AWS begins with ```` ```ts no-run ````
 * and is only type-checked.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryPoints } from '../../scripts/entry-points.mjs';
import { repositoryRoot } from '../support/paths.js';
import { exportsOf } from './exports.js';

const run = promisify(execFile);
const options = compilerOptions();
const exported = exportsOf(
  entryPoints.map(({ source }) => source),
  options,
);
const examples = exported.flatMap(({ name, place, examples }) =>
  examples.map((example, i) => ({ ...example, name, place, id: `${name}-${i}` })),
);

let folder: string;
/** By example. */
const complaints = new Map<string, string>();

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'examples-')));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await mkdir(join(folder, 'node_modules'));
  await symlink(repositoryRoot, join(folder, 'node_modules', 'gs-repartition'));
  await symlink(join(repositoryRoot, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
  for (const { id, code } of examples) {
    await writeFile(join(folder, `${id}.ts`), code);
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { ...options, module: ts.ModuleKind.ESNext },
    });
    await writeFile(join(folder, `${id}.js`), outputText);
  }
  for (const [id, complaint] of typeErrors()) complaints.set(id, complaint);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('every export', () => {
  test.each(exported)('$name has a docstring', ({ place, isDescribed }) => {
    expect(isDescribed, `${place} has no docstring`).toBe(true);
  });

  test.each(exported.filter(({ isValue }) => isValue))('$name has an example', ({ place, examples }) => {
    expect(examples.length, `the docstring at ${place} has no @example`).toBeGreaterThan(0);
  });
});

describe('the example', () => {
  test.each(examples)('$id fits the types', ({ id, place }) => {
    expect(complaints.get(id), place).toBeUndefined();
  });

  test.each(examples.filter(({ runs }) => runs))('$id prints what it says', async ({ id, place, code }) => {
    const work = join(folder, id);
    await cp(join(repositoryRoot, 'test', 'fixtures', 'movies'), join(work, 'graph'), { recursive: true });
    const { stdout } = await run(process.execPath, [join(folder, `${id}.js`)], { cwd: work });
    const expected = saidToPrint(code);
    if (expected === undefined) return;
    const [printed, said] = [stdout.trimEnd().split('\n'), expected.split('\n')];
    // Lines that differ only where the example says so are shown as the example has them.
    const seen = printed.map((line, i) => (pattern(said[i] ?? '').test(line) ? said[i] : line));
    expect(seen.join('\n'), place).toBe(expected);
  });
});

function compilerOptions(): ts.CompilerOptions {
  const file = join(repositoryRoot, 'tsconfig.json');
  const read = ts.readConfigFile(file, (path) => ts.sys.readFile(path)) as { config: unknown };
  return ts.parseJsonConfigFileContent(read.config, ts.sys, repositoryRoot).options;
}

function typeErrors(): Map<string, string> {
  const program = ts.createProgram(
    examples.map(({ id }) => join(folder, `${id}.ts`)),
    // An example shows a name that it may not use.
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
  );
  const errors = new Map<string, string>();
  for (const { id } of examples) {
    const source = program.getSourceFile(join(folder, `${id}.ts`));
    const messages = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const text = messages.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    if (text.length > 0) errors.set(id, text.join('\n'));
  }
  return errors;
}

/** The comments that stand directly below code; `undefined` when there are none. */
function saidToPrint(code: string): string | undefined {
  const printed: string[] = [];
  let before = '';
  let isBelowCode = false;
  for (const line of code.split('\n')) {
    const comment = /^\/\/ ?(.*)$/.exec(line)?.[1];
    if (comment === undefined) isBelowCode = false;
    else if (!before.startsWith('//')) isBelowCode = before.trim() !== '';
    if (comment !== undefined && isBelowCode) printed.push(comment);
    before = line;
  }
  return printed.length === 0 ? undefined : printed.join('\n');
}

function pattern(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
