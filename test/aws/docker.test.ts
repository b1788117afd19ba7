/** The image as far as it can be proved without Docker: what it says of itself, and what it holds, run as it runs it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { MOVIES } from './account.js';

const DOCKERFILE = readFileSync(join(repositoryRoot, 'docker', 'Dockerfile'), 'utf8');
const instructions = DOCKERFILE.replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split(/\s+/));

describe('the Dockerfile', () => {
  it('pins its base by digest, and both stages use that', () => {
    expect(DOCKERFILE).toMatch(/^ARG NODE_IMAGE=node:[\w.-]+-slim@sha256:[0-9a-f]{64}$/m);
    const bases = instructions.filter(([word]) => word === 'FROM').map(([, base]) => base);
    expect(bases).toEqual(['${NODE_IMAGE}', '${NODE_IMAGE}']);
  });

  it('ends as a user without privileges, with gs-repartition as entry point', () => {
    expect(instructions.filter(([word]) => word === 'USER')).toEqual([['USER', 'node']]);
    expect(instructions.at(-1)).toEqual(['ENTRYPOINT', '["gs-repartition"]']);
  });

  it('copies only what is there and is let in', () => {
    const allowed = readFileSync(join(repositoryRoot, 'docker', 'Dockerfile.dockerignore'), 'utf8');
    const copied = instructions
      .filter(([word, first = '']) => word === 'COPY' && !first.startsWith('--from'))
      .flatMap((words) => words.slice(1, -1).map((path) => path.replace('./', '')));
    expect(copied).toEqual([
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'src',
      'LICENSE',
    ]);
    for (const path of copied) {
      expect(existsSync(join(repositoryRoot, path)), path).toBe(true);
      expect(allowed.split('\n')).toContain(`!${path}`);
    }
  });
});

describe('what the image holds', () => {
  let image: string;

  beforeAll(() => {
    image = mkdtempSync(join(tmpdir(), 'gs-image-'));
    chmodSync(image, 0o755);
    const home = join(image, 'opt', 'gs-repartition');
    mkdirSync(join(home, 'node_modules'), { recursive: true });
    cpSync(join(repositoryRoot, 'package.json'), join(home, 'package.json'));
    cpSync(join(repositoryRoot, 'dist'), join(home, 'dist'), { recursive: true });
    // What `npm prune --omit=dev` leaves.
    const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for (const path of listed.split('\n')) {
      const place = relative(repositoryRoot, path);
      // Packages inside packages come along with those.
      if (path === '' || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(place)) continue;
      mkdirSync(dirname(join(home, place)), { recursive: true });
      cpSync(path, join(home, place), { recursive: true });
    }
    mkdirSync(join(image, 'bin'));
    chmodSync(join(home, 'dist', 'cli', 'main.js'), 0o755);
    symlinkSync(join(home, 'dist', 'cli', 'main.js'), join(image, 'bin', 'gs-repartition'));
  }, 120_000);
  afterAll(() => rmSync(image, { recursive: true }));

  it('aligns a graph as a user without privileges, with nothing but its own files', () => {
    const graph = join(image, 'graph');
    cpSync(MOVIES, graph, { recursive: true });
    const isRoot = process.getuid?.() === 0;
    if (isRoot) execFileSync('chown', ['-R', '65534:65534', graph]);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(image, 'bin', 'gs-repartition'), '--input-prefix', graph, '--json'],
      {
        cwd: graph,
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin' },
        ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
      },
    );
    expect(stderr).not.toContain('gs-repartition:');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded' });
  }, 60_000);
});

describe('build.sh', () => {
  const build = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync('bash', [join(repositoryRoot, 'docker', 'build.sh'), ...args], { encoding: 'utf8' });

  it('builds, and with --push makes the repository and pushes', () => {
    const { status, stdout } = build(
      ...'--dry-run --push --version 1.2.3 --architecture arm64 --region cn-north-1 --account 123456789012'.split(
        ' ',
      ),
    );
    const registry = '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn';
    expect(stdout.split('\n')).toEqual([
      `docker buildx build --load --platform linux/arm64 --file ${repositoryRoot}/docker/Dockerfile --tag gs-repartition:1.2.3 ${repositoryRoot}`,
      'aws ecr create-repository --repository-name gs-repartition --region cn-north-1 (if there is none)',
      `aws ecr get-login-password --region cn-north-1 | docker login --username AWS --password-stdin ${registry}`,
      `docker tag gs-repartition:1.2.3 ${registry}/gs-repartition:1.2.3`,
      `docker push ${registry}/gs-repartition:1.2.3`,
      '',
    ]);
    expect(status).toBe(0);
  });

  it('takes the package’s version for its tag', () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(build('--dry-run').stdout).toContain(`--tag gs-repartition:${version} `);
  });

  it.each([
    [['--architecture', 'mips'], 'build.sh: --architecture must be x86_64 or arm64, not mips\n'],
    [['--region'], 'build.sh: --region needs a value\n'],
    [['--pusch'], 'build.sh: unknown option --pusch (see --help)\n'],
  ])('refuses %s', (args, message) => {
    expect(build(...args)).toMatchObject({ status: 2, stderr: message });
  });
});
