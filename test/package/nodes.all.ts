/**
 * The tarball on each version of Node.js that it says it runs on: `npm run test:package`. The versions come from npm, as
 * packages that hold the program (https://www.npmjs.com/package/node).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Installed, pack } from './installed.js';

/** The first of each line that package.json's `engines` lets in, and the one that the image has. */
const VERSIONS = ['20.19.0', '22.12.0', '24.18.0'];

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-tarball-'));
  tarball = pack(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The program of a version, fetched once. */
function nodeOf(version: string): string {
  const home = join(repositoryRoot, 'node_modules', '.cache', 'nodes', version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(home, 'node_modules', name, 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], {
    cwd: home,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`no ${name}@${version}: ${stderr}`);
  return program;
}

test('the versions are those that package.json lets in', () => {
  const { engines } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  expect(engines.node).toBe(`^${VERSIONS[0]} || >=${VERSIONS[1]}`);
});

describe.each(VERSIONS)('on Node.js %s', (version) => {
  let installed: Installed;

  beforeAll(() => {
    installed = new Installed(tarball, nodeOf(version));
  }, 300_000);
  afterAll(() => installed.remove());

  test('the command runs on it', () => {
    expect(installed.run('node', '--version').out).toBe(`v${version}\n`);
    expect(installed.command('--help')).toMatchObject({ code: 0, err: '' });
  });

  test('aligns the movies graph, and reads every value of it', () => {
    const prefix = installed.movies('movies');
    const aligned = installed.command('--input-prefix', prefix, '--json', '--log-level', 'ERROR');
    expect(JSON.parse(aligned.out)).toMatchObject({ status: 'succeeded', parts: { spliced: 128 } });
    expect(aligned.err).toBe('');
    const verified = installed.command('verify', '--input-prefix', prefix, '--deep', '--no-progress');
    expect(verified).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Ready for DistPartitioning: /) as string,
    });
  });

  test('reaches for S3', () => {
    const { code, err } = installed.run(
      'env',
      ...['AWS_ACCESS_KEY_ID=a', 'AWS_SECRET_ACCESS_KEY=b', 'AWS_REGION=us-east-1', 'AWS_MAX_ATTEMPTS=1'],
      join(installed.folder, 'node_modules', '.bin', 'gs-repartition'),
      ...['--input-prefix', 's3://bucket/graph', '--endpoint-url', 'http://127.0.0.1:9'],
    );
    expect(code).toBe(1);
    expect(err).toMatch(/127\.0\.0\.1:9/);
    expect(err).not.toMatch(/internal error|MODULE_NOT_FOUND/);
  });

  test.each([
    ['import.mjs', `import { repartition } from 'gs-repartition';`],
    ['require.cjs', `const { repartition } = require('gs-repartition');`],
  ])('a program aligns the movies graph with it: %s', (name, first) => {
    const inputPrefix = JSON.stringify(installed.movies(`graph-${name}`));
    const printed = installed.program(
      name,
      `${first} repartition({ inputPrefix: ${inputPrefix} }).then(({ parts }) => console.log(parts.spliced));`,
    );
    expect(printed).toBe('128\n');
  });
});
