/** The image as far as it can be proved without Docker: what its Dockerfile says, its steps replayed, and its script. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { MOVIES } from './account.js';

const DOCKERFILE = readFileSync(join(repositoryRoot, 'docker', 'Dockerfile'), 'utf8');
const instructions = DOCKERFILE.replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split(/\s+/));

/** What `.dockerignore` lets into the build; the first rule keeps out everything. */
const ignore = readFileSync(join(repositoryRoot, 'docker', 'Dockerfile.dockerignore'), 'utf8').split('\n');
const letIn = ignore.flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));

describe('the Dockerfile', () => {
  it('pins its base by digest, and both stages use that', () => {
    expect(DOCKERFILE).toMatch(/^ARG NODE_IMAGE=node:[\w.-]+-slim@sha256:[0-9a-f]{64}$/m);
    // A frontend named in a comment would be pulled too.
    expect(DOCKERFILE).not.toMatch(/^# *syntax *=/m);
    const bases = instructions.filter(([word]) => word === 'FROM').map(([, base]) => base);
    expect(bases).toEqual(['${NODE_IMAGE}', '${NODE_IMAGE}']);
  });

  it('ends as a user without privileges, with gs-repartition as entry point', () => {
    expect(instructions.filter(([word]) => word === 'USER')).toEqual([['USER', 'node']]);
    expect(instructions.at(-1)).toEqual(['ENTRYPOINT', '["gs-repartition"]']);
  });

  it('copies only what is there and is let in', () => {
    expect(ignore.find((line) => !line.startsWith('#'))).toBe('*');
    const copied = instructions
      .filter(([word, first = '']) => word === 'COPY' && !first.startsWith('--from'))
      .flatMap((words) => words.slice(1, -1).map((path) => path.replace('./', '')));
    expect(copied).toEqual([
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'scripts/bundle.mjs',
      'scripts/manual.mjs',
      'scripts/page.mjs',
      'src',
      'LICENSE',
      'spark/align_tasks.py',
    ]);
    for (const path of copied) {
      expect(existsSync(join(repositoryRoot, path)), path).toBe(true);
      expect(letIn).toContain(path);
    }
  });
});

describe('the Dockerfile for EMR Serverless', () => {
  const emr = readFileSync(join(repositoryRoot, 'docker', 'Dockerfile.emr'), 'utf8');

  it('builds the same on the same base, and puts it on a base of EMR’s with Node.js beside it', () => {
    const stages = (text: string): string[] => text.replace(/^#.*\n/gm, '').split(/^(?=FROM )/m);
    const [, build, last] = stages(emr);
    expect(build).toBe(stages(DOCKERFILE)[1]);
    expect(emr).toContain(/^ARG NODE_IMAGE=.*$/m.exec(DOCKERFILE)?.[0]);
    const copies = (text = ''): string[] => text.split('\n').filter((line) => line.startsWith('COPY'));
    expect(copies(last)).toEqual([
      'COPY --from=build /usr/local/bin/node /usr/local/bin/node',
      ...copies(stages(DOCKERFILE)[2]),
    ]);
    expect(last).toMatch(/^FROM \$\{EMR_IMAGE\}\nUSER root\n/);
    expect(last).toMatch(/\nUSER hadoop:hadoop\n$/);
    expect(readFileSync(join(repositoryRoot, 'docker', 'Dockerfile.emr.dockerignore'), 'utf8')).toBe(
      readFileSync(join(repositoryRoot, 'docker', 'Dockerfile.dockerignore'), 'utf8'),
    );
  });
});

/** Every step of the Dockerfile that needs no Docker, done as it says, in a folder for the root of each stage. */
describe('the Dockerfile, step by step', () => {
  let folder: string;
  let root: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gs-image-'));
    chmodSync(folder, 0o755);
    const context = join(folder, 'context');
    for (const path of letIn) cpSync(join(repositoryRoot, path), join(context, path), { recursive: true });
    root = replay(context, folder);
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const gsRepartition = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync('gs-repartition', args, {
      cwd: join(root, 'tmp'),
      encoding: 'utf8',
      env: { PATH: `${join(root, 'usr', 'local', 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin` },
      // Nobody, where that can be chosen.
      ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    });

  it('leaves the command on the PATH, with its own files and no more packages than it runs on', () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(gsRepartition('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
    const home = join(root, 'opt', 'gs-repartition');
    expect(readdirSync(home).sort()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json', 'spark']);
    expect(existsSync(join(home, 'node_modules', 'piscina'))).toBe(true);
    expect(existsSync(join(home, 'node_modules', 'vitest'))).toBe(false);
  });

  it('aligns a graph as a user without privileges', () => {
    const graph = join(folder, 'graph');
    cpSync(MOVIES, graph, { recursive: true });
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', graph]);
    const { status, stdout, stderr } = gsRepartition('--input-prefix', graph, '--json');
    expect(stderr).not.toContain('gs-repartition:');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded' });
    expect(gsRepartition('verify', '--input-prefix', graph).stdout).toContain('Ready for DistPartitioning');
  }, 60_000);
});

/**
 * Stands for `npm ci` in a folder with this repository's package.json and its lock file: what `npm ci` has installed here, as
 * links, which what follows may remove but not change.
 */
function linkPackages(folder: string): void {
  const [from, to] = [join(repositoryRoot, 'node_modules'), join(folder, 'node_modules')];
  for (const file of ['package.json', 'package-lock.json']) {
    expect(readFileSync(join(folder, file))).toEqual(readFileSync(join(repositoryRoot, file)));
  }
  mkdirSync(to);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const target = join(to, path.slice(from.length));
    // npm writes its own list of what is there anew, and caches are none of its business.
    if (entry.name === '.package-lock.json') copyFileSync(path, target);
    else if (/^[\\/]\.(?!bin\b)/.test(path.slice(from.length))) continue;
    else if (entry.isDirectory()) mkdirSync(target, { recursive: true });
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(path), target);
    else linkOrCopy(path, target);
  }
}

/** Folders for what is temporary may lie on another disk. */
function linkOrCopy(path: string, target: string): void {
  try {
    linkSync(path, target);
  } catch {
    copyFileSync(path, target);
  }
}

/** @returns the root of the last stage */
function replay(context: string, folder: string): string {
  const stages = new Map<string, string>();
  let [root, cwd] = ['', ''];
  const inside = (path: string): string => join(root, path.startsWith('/') ? path : join(cwd, path));
  for (const [word = '', ...rest] of instructions) {
    switch (word) {
      case 'FROM': {
        root = join(folder, `stage-${stages.size}`);
        stages.set(rest[2] ?? 'last', root);
        for (const made of ['usr/local/bin', 'tmp']) mkdirSync(join(root, made), { recursive: true });
        break;
      }
      case 'WORKDIR': {
        cwd = rest[0] ?? '';
        mkdirSync(join(root, cwd), { recursive: true });
        break;
      }
      case 'COPY': {
        const stage = /^--from=(.*)$/.exec(rest[0] ?? '')?.[1];
        const from = stage === undefined ? context : stages.get(stage)!;
        const paths = stage === undefined ? rest : rest.slice(1);
        const to = paths.at(-1) ?? '';
        for (const path of paths.slice(0, -1)) {
          const target = to.endsWith('/') ? join(to, basename(path)) : to;
          cpSync(join(from, path), inside(target), { recursive: true });
        }
        break;
      }
      case 'RUN': {
        // Paths of the image are paths below this root.
        const line = rest.join(' ').replace(/(?<= )\/(opt|usr\/local)\//g, `${root}/$1/`);
        if (line.startsWith('npm ci ')) {
          linkPackages(join(root, cwd));
          break;
        }
        execFileSync('sh', ['-c', line], { cwd: join(root, cwd), stdio: ['ignore', 'ignore', 'pipe'] });
        break;
      }
      // What these do is looked at above.
      case 'ARG':
      case 'LABEL':
      case 'ENV':
      case 'USER':
      case 'ENTRYPOINT':
        break;
      default:
        throw new Error(`the Dockerfile has an instruction that this test cannot follow: ${word}`);
    }
  }
  return root;
}

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

  it('grows a base of EMR’s into an image of another name', () => {
    const base = `mirror.example/emr-7@sha256:${'b'.repeat(64)}`;
    expect(build('--dry-run', '--version', '1.2.3', '--emr-base', base).stdout).toBe(
      `docker buildx build --load --platform linux/amd64 --file ${repositoryRoot}/docker/Dockerfile.emr --build-arg EMR_IMAGE=${base} --tag gs-repartition-emr:1.2.3 ${repositoryRoot}\n`,
    );
  });

  it.each([
    [['--architecture', 'mips'], 'build.sh: --architecture must be x86_64 or arm64, not mips\n'],
    [['--region'], 'build.sh: --region needs a value\n'],
    [['--pusch'], 'build.sh: unknown option --pusch (see --help)\n'],
    [
      ['--base', 'node:24'],
      'build.sh: --base must end in a digest (docker buildx imagetools inspect node:24 tells it)\n',
    ],
    [
      ['--emr-base', 'emr:7'],
      'build.sh: --emr-base must end in a digest (docker buildx imagetools inspect emr:7 tells it)\n',
    ],
  ])('refuses %s', (args, message) => {
    expect(build(...args)).toMatchObject({ status: 2, stderr: message });
  });

  describe('with docker and aws that only write down what they are asked', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'gs-build-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** @param answers shell code of a program, by its first words */
    const program = (name: string, answers: Record<string, string> = {}): void => {
      const cases = Object.entries(answers).map(([words, code]) => `"${words}"*) ${code} ;;`);
      const script = `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\ncase "$*" in\n${cases.join('\n')}\n*) ;;\nesac\n`;
      writeFileSync(join(folder, name), script, { mode: 0o755 });
    };
    const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    const run = (...args: string[]): SpawnSyncReturns<string> =>
      spawnSync('/bin/bash', [join(repositoryRoot, 'docker', 'build.sh'), ...args], {
        encoding: 'utf8',
        env: { PATH: `${folder}:${join(folder, 'tools')}` },
      });
    /** The few programs that the script itself needs, and none that is really called docker or aws. */
    beforeEach(() => {
      mkdirSync(join(folder, 'tools'));
      for (const tool of ['sh', 'sed', 'dirname', 'cat']) {
        const [found] = ['/bin', '/usr/bin'].map((place) => join(place, tool)).filter(existsSync);
        symlinkSync(found ?? '', join(folder, 'tools', tool));
      }
    });

    const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const buildCall = `docker buildx build --load --platform linux/amd64 --file ${repositoryRoot}/docker/Dockerfile --tag gs-repartition:1.2.3 ${repositoryRoot}`;

    it('builds, makes the repository that is not there, logs in and pushes, in this order', () => {
      program('docker', { login: `cat > ${folder}/password` });
      program('aws', {
        'configure get region': 'echo eu-west-1',
        'sts get-caller-identity': 'echo 123456789012',
        'ecr describe-repositories': 'exit 254',
        'ecr get-login-password': 'echo secret',
      });
      const { status, stdout, stderr } = run('--push', '--version', '1.2.3');
      expect({ status, stdout, stderr }).toEqual({
        status: 0,
        stdout: `pushed ${registry}/gs-repartition:1.2.3\n`,
        stderr: '',
      });
      // The two ends of the pipe start together.
      const order = calls();
      expect([...order.slice(0, 5), ...order.slice(5, 7).sort(), ...order.slice(7)]).toEqual([
        'aws configure get region',
        'aws sts get-caller-identity --query Account --output text',
        buildCall,
        'aws ecr describe-repositories --repository-names gs-repartition --region eu-west-1',
        'aws ecr create-repository --repository-name gs-repartition --region eu-west-1',
        'aws ecr get-login-password --region eu-west-1',
        `docker login --username AWS --password-stdin ${registry}`,
        `docker tag gs-repartition:1.2.3 ${registry}/gs-repartition:1.2.3`,
        `docker push ${registry}/gs-repartition:1.2.3`,
      ]);
      expect(readFileSync(join(folder, 'password'), 'utf8')).toBe('secret\n');
    });

    it('adopts a repository that is there', () => {
      program('docker', { login: 'cat > /dev/null' });
      program('aws', { 'ecr get-login-password': 'echo secret' });
      const place = ['--region', 'eu-west-1', '--account', '123456789012'];
      expect(run('--push', ...place).status).toBe(0);
      expect(calls().filter((call) => call.startsWith('aws ecr create'))).toEqual([]);
    });

    it('pushes nothing when the build fails', () => {
      program('docker', { buildx: 'exit 1' });
      program('aws');
      const place = ['--region', 'eu-west-1', '--account', '123456789012', '--version', '1.2.3'];
      expect(run('--push', ...place).status).toBe(1);
      expect(calls()).toEqual([buildCall]);
    });

    it('takes another base by its digest', () => {
      program('docker');
      const base = `mirror.example/node@sha256:${'a'.repeat(64)}`;
      expect(run('--base', base, '--version', '1.2.3').status).toBe(0);
      expect(calls()).toEqual([buildCall.replace('--tag', `--build-arg NODE_IMAGE=${base} --tag`)]);
    });

    it('names the tool that is missing, before it builds', () => {
      expect(run()).toMatchObject({
        status: 2,
        stderr:
          'build.sh: docker is not on the PATH: install Docker with buildx (https://docs.docker.com/engine/install)\n',
      });
      program('docker');
      expect(run('--push')).toMatchObject({
        status: 2,
        stderr:
          'build.sh: aws is not on the PATH: install the AWS command line (https://docs.aws.amazon.com/cli)\n',
      });
      expect(existsSync(join(folder, 'calls'))).toBe(false);
    });

    it('does not build for a push that nobody says the region of', () => {
      program('docker');
      program('aws', { 'configure get region': 'exit 1' });
      expect(run('--push')).toMatchObject({
        status: 2,
        stderr: 'build.sh: which region? give --region\n',
      });
      expect(calls()).toEqual(['aws configure get region']);
    });
  });
});
