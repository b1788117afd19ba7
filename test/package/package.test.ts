/** What `npm install gs-repartition` gives: the tarball in a folder of its own, with the packages it asks for. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryPoints } from '../../scripts/entry-points.mjs';
import { type Ran, Shell } from '../docs/shell.js';
import { repositoryRoot } from '../support/paths.js';
import { Installed, pack } from './installed.js';

/** Bytes that an installation may take. */
const MOST_BYTES = 40e6;

let folder: string;
let tarball: string;
let installed: Installed;

const bin = (name: string): string => join(repositoryRoot, 'node_modules', '.bin', name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-tarball-'));
  tarball = pack(folder);
  installed = new Installed(tarball);
}, 240_000);
afterAll(() => {
  installed.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('the installed package', () => {
  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(installed.path('package.json'), 'utf8')) as {
      version: string;
    };
    expect(installed.command('--version').out).toBe(`${version}\n`);
  });

  test('aligns the movies graph', () => {
    const prefix = installed.movies('movies');
    expect(JSON.parse(installed.command('--input-prefix', prefix, '--json').out)).toMatchObject({
      status: 'succeeded',
      parts: { spliced: 128 },
    });
    expect(installed.command('verify', '--input-prefix', prefix).out).toMatch(
      /^Ready for DistPartitioning: /,
    );
  });

  test('can be imported, and aligns the movies graph in threads of its own', () => {
    const printed = installed.program(
      'program.js',
      `import { repartition, verifyPrefix } from 'gs-repartition';
       const inputPrefix = ${JSON.stringify(installed.movies('imported'))};
       const { parts } = await repartition({ inputPrefix });
       const { ready } = await verifyPrefix({ inputPrefix });
       console.log(JSON.stringify({ spliced: parts.spliced, ready }));`,
    );
    expect(JSON.parse(printed)).toEqual({ spliced: 128, ready: true });
  });

  test('can be required, and gives the same as when imported', () => {
    const specifiers = JSON.stringify(entryPoints.map(({ specifier }) => specifier));
    const printed = installed.program(
      'program.cjs',
      `Promise.all(${specifiers}.map(async (name) => {
         const [required, imported] = [require(name), await import(name)];
         const names = Object.keys(imported).filter((name) => name !== 'default');
         return names.length > 0 && names.every((name) => required[name] === imported[name]);
       })).then((same) => console.log(JSON.stringify(same)));`,
    );
    expect(JSON.parse(printed)).toEqual(entryPoints.map(() => true));
  });

  test('has types for everything it exports, for whoever imports and for whoever requires', () => {
    const program = `import { repartition, type Summary } from 'gs-repartition';
       import { rewriteRows } from 'gs-repartition/parquet';
       import { type AwsStep, followJob } from 'gs-repartition/upstream';
       export const summary: Promise<Summary> = repartition({ inputPrefix: '/data/graph' });
       type Job = Awaited<ReturnType<typeof followJob>>;
       export const role = (job: Job): string | undefined => job.executionRole;
       // @ts-expect-error its type is known: a job has no such field
       export const nothing = (job: Job): unknown => job.noSuchField;
       export const service = ({ request }: AwsStep): string => request.service;
       export { rewriteRows };`;
    const files = ['program.mts', 'program.cts'];
    for (const file of files) writeFileSync(join(installed.folder, file), program);
    const tsc = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = join(repositoryRoot, 'node_modules', '@types');
    const options = ['--strict', '--noEmit', '--module', 'NodeNext', '--types', 'node', '--typeRoots', types];
    expect(installed.run(process.execPath, tsc, ...options, ...files).out).toBe('');
  }, 120_000);

  test('passes on the licences of the packages that its files contain, and does not install those again', () => {
    const notices = readFileSync(installed.path('dist', 'bin', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(notices).toMatch(/^yargs \d+\.\d+\.\d+ \(MIT\)\n\n[^]*Permission is hereby granted/m);
    expect(notices).toMatch(/^hyparquet \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(notices).toMatch(/^@aws-sdk\/client-s3 \d+\.\d+\.\d+ \(Apache-2\.0\)$/m);
    expect(notices).toMatch(/^parquet-wasm \d+\.\d+\.\d+ \(MIT OR Apache-2\.0\)$/m);
    expect(notices).toMatch(/^Apache Arrow JavaScript\nCopyright /m);
    expect(readdirSync(join(installed.folder, 'node_modules'))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(yargs|@aws-sdk|@smithy|apache-arrow|parquet-wasm)$/)]),
    );
  });

  test('takes less than 40 MB', () => {
    expect(installed.bytes()).toBeLessThan(MOST_BYTES);
  });

  test('has no source map whose sources it has not', () => {
    const files = readdirSync(installed.path('dist'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
    const texts = files.filter((file) => /\.[cm]?[jt]s$/.test(file));
    expect(
      texts.filter((file) =>
        readFileSync(installed.path('dist', file), 'utf8').includes('//# sourceMappingURL'),
      ),
    ).toEqual([]);
  });

  test('has the schemas of its documents, and can be asked for them', () => {
    const printed = installed.program(
      'schema.cjs',
      `console.log(require('gs-repartition/schemas/plan.v1.json').title);`,
    );
    expect(printed).toContain('plan');
  });

  test('names the functions that an error came through, at DEBUG', () => {
    const { err } = installed.command(
      '--input-prefix',
      join(installed.folder, 'nowhere'),
      '--log-level',
      'DEBUG',
    );
    expect(err).toMatch(/^gs-repartition: there is no folder /);
    expect(err).toMatch(/\n {4}at (?:async )?readMetadata \(.*dist\/bin\/[a-z0-9-]+\.js:\d+:\d+\)\n/);
  });
});

describe('the tarball', () => {
  test('has nothing that publint objects to', () => {
    expect(execFileSync(bin('publint'), ['run', '--strict', tarball], { encoding: 'utf8' })).toMatch(
      /All good!/,
    );
  }, 60_000);

  test('gives the right types to whoever imports or requires it, as are-the-types-wrong sees it', () => {
    const printed = execFileSync(bin('attw'), [tarball, '--format', 'json'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const { problems } = JSON.parse(printed) as { problems?: Record<string, unknown> };
    expect(problems ?? {}).toEqual({});
  }, 60_000);
});

/** The README's blocks up to its chapter on AWS; test/aws/readme.test.ts runs that one. */
describe('what the README says to type', () => {
  const [chapters = ''] = readFileSync(join(repositoryRoot, 'README.md'), 'utf8').split(
    '### From an AWS account',
  );
  const blocks = [...chapters.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  let shell: Shell;

  beforeAll(() => {
    shell = new Shell();
    // What npm installs is to be found, not the command of this checkout.
    rmSync(join(shell.folder, 'bin'), { recursive: true });
    symlinkSync(join(shell.folder, 'prefix', 'bin'), join(shell.folder, 'bin'));
  });
  afterAll(() => shell.remove());

  const type = (block: string): Ran =>
    shell.run(
      block
        // It is in no registry yet, and a fresh checkout has been built by whoever runs this.
        .replace(/npm install -g (\S+)/g, `npm install -g ${tarball}`)
        .replace('npm ci && npm pack\n', ''),
      {
        npm_config_prefix: join(shell.folder, 'prefix'),
        npm_config_prefer_offline: 'true',
        npm_config_audit: 'false',
      },
    );

  test('installs the command, which aligns a graph', () => {
    const { code, out, err } = type(blocks[0]!);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /\nNothing was written\.[^]*\nAligned \d+ of 14 types[^]*\nReady for DistPartitioning: /,
    );
  }, 120_000);

  test('from a tarball, and says which command it is', () => {
    expect(type(`${blocks[2]!}${blocks[3]!}`).out).toMatch(
      /\n\d+\.\d+\.\d+\ngs-repartition is \/.*\/bin\/gs-repartition\n/,
    );
  }, 120_000);

  test('aligns in other ways', () => {
    const { code, out, err } = type(blocks[6]!);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/\nReady for DistPartitioning: /);
  }, 120_000);

  test('the rest is what this test is run by', () => {
    const typed = [0, 2, 3, 6];
    expect(blocks.filter((_, i) => !typed.includes(i))).toEqual([
      'npm install -g gs-repartition\n',
      'npm ci && npm run demo\n',
      'npm ci && npm test\n',
    ]);
  });

  test('the demo keeps its graph, and says how to look at it', () => {
    const { code, out } = shell.run(`cd ${repositoryRoot} && node bench/demo.mjs`);
    expect(code).toBe(0);
    const commands = [...out.matchAll(/^ {2}(?:diff|node) .*$/gm)].map(([line]) => line);
    expect(commands).toHaveLength(3);
    const looked = shell.run(
      `cd ${repositoryRoot}; ! ${commands[0]!} | head -c 1; ${commands.slice(1).join('; ')}`,
    );
    expect({ code: looked.code, err: looked.code === 0 ? '' : looked.err }).toEqual({ code: 0, err: '' });
    expect(looked.out).toMatch(/\nNothing was written\.[^]*\nReady for DistPartitioning: /);
  }, 120_000);
});

/** npm shows it on the package's page, where nothing lies beside it. */
describe('the README', () => {
  const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(
    ([, link, attribute]) => link ?? attribute ?? '',
  );
  const { repository } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    repository: { url: string };
  };
  const home = repository.url.replace(/^git\+|\.git$/g, '');
  const ours = [`${home}/blob/main/`, `${home.replace('//github.com', '//raw.githubusercontent.com')}/main/`];

  test('has only absolute links', () => {
    expect(links.filter((link) => !link.startsWith('https://'))).toEqual([]);
  });

  test('links to files of ours that are there', () => {
    const paths = links.flatMap((link) =>
      ours.flatMap((start) => (link.startsWith(start) ? [link.slice(start.length).replace(/#.*/, '')] : [])),
    );
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  });
});
