/** What `npm install gs-repartition` gives: the tarball in a folder of its own, with the packages it asks for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';

let folder: string;
const installed = (...path: string[]): string => join(folder, 'node_modules', 'gs-repartition', ...path);

function inFolder(program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const gsRepartition = (...args: string[]): string =>
  inFolder(join(folder, 'node_modules', '.bin', 'gs-repartition'), ...args);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-package-'));
  // Without the scripts: they would build dist/ anew under the other tests.
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  inFolder('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the installed package', () => {
  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(installed('package.json'), 'utf8')) as { version: string };
    expect(gsRepartition('--version')).toBe(`${version}\n`);
  });

  test('aligns the movies graph', () => {
    const prefix = join(folder, 'movies');
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), prefix, { recursive: true });
    expect(JSON.parse(gsRepartition('--input-prefix', prefix, '--json'))).toMatchObject({
      status: 'succeeded',
      parts: { spliced: 128 },
    });
    expect(gsRepartition('verify', '--input-prefix', prefix)).toMatch(/^Ready for DistPartitioning: /);
  });

  test('can be imported, and aligns the movies graph in threads of its own', () => {
    const prefix = join(folder, 'imported');
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), prefix, { recursive: true });
    writeFileSync(
      join(folder, 'program.js'),
      `import { repartition, verifyPrefix } from 'gs-repartition';
       const inputPrefix = ${JSON.stringify(prefix)};
       const { parts } = await repartition({ inputPrefix });
       const { ready } = await verifyPrefix({ inputPrefix });
       console.log(JSON.stringify({ spliced: parts.spliced, ready }));`,
    );
    expect(JSON.parse(inFolder(process.execPath, 'program.js'))).toEqual({ spliced: 128, ready: true });
  });

  test('has types for everything it exports', () => {
    writeFileSync(
      join(folder, 'program.ts'),
      `import { repartition, type Summary } from 'gs-repartition';
       export const summary: Promise<Summary> = repartition({ inputPrefix: '/data/graph' });`,
    );
    const tsc = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = join(repositoryRoot, 'node_modules', '@types');
    const options = ['--strict', '--noEmit', '--module', 'NodeNext', '--types', 'node', '--typeRoots', types];
    expect(inFolder(process.execPath, tsc, ...options, 'program.ts')).toBe('');
  }, 60_000);

  test('passes on the licences of the packages that its files contain, and does not install those again', () => {
    const notices = readFileSync(installed('dist', 'bin', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(notices).toMatch(/^yargs \d+\.\d+\.\d+ \(MIT\)\n\n[^]*Permission is hereby granted/m);
    expect(notices).toMatch(/^hyparquet \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(existsSync(join(folder, 'node_modules', 'yargs'))).toBe(false);
    expect(existsSync(installed('dist', 'cli'))).toBe(false);
  });

  test('names the functions that an error came through, at DEBUG', () => {
    const nowhere = join(folder, 'nowhere');
    const main = installed('dist', 'bin', 'main.js');
    const { stderr } = spawnSync(
      process.execPath,
      [main, '--input-prefix', nowhere, '--log-level', 'DEBUG'],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toMatch(/^gs-repartition: there is no folder /);
    expect(stderr).toMatch(/\n {4}at (?:async )?readMetadata \(.*dist\/bin\/[a-z-]+\.js:\d+:\d+\)\n/);
  });
});
