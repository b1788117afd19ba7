/** The built command as a process of its own: what only shows there. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';

const distUrl = (path: string): string => pathToFileURL(join(repositoryRoot, 'dist', path)).href;

const main = join(repositoryRoot, 'dist', 'bin', 'main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-repartition-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function command(
  args: string[],
  env: Record<string, string> = {},
): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

/** The NODE_OPTIONS of a process that writes the names it imports to a file. */
function listImports(list: string): string {
  const [hooks, start] = [join(folder, 'hooks.mjs'), join(folder, 'register.mjs')];
  writeFileSync(
    hooks,
    `import { appendFileSync } from 'node:fs';
     export function resolve(name, context, next) {
       appendFileSync(${JSON.stringify(list)}, name + '\\n');
       return next(name, context);
     }`,
  );
  writeFileSync(
    start,
    `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(hooks).href)});`,
  );
  return `--no-warnings --import ${pathToFileURL(start).href}`;
}

/** The command line of `dist` with an engine that works until it is told to stop; answers SIGINT as `onStop` says. */
function slowCommand(name: string, onStop: string): string {
  const script = join(folder, name);
  writeFileSync(
    script,
    `import { run } from ${JSON.stringify(distUrl('cli/run.js'))};
     import { interrupted } from ${JSON.stringify(distUrl('errors.js'))};
     const repartition = ({ signal, log }) => new Promise((_, reject) => {
       const alive = setInterval(() => undefined, 1000);
       const stop = () => { clearInterval(alive); reject(interrupted()); };
       signal.addEventListener('abort', () => { ${onStop} });
       log.info('working');
     });
     process.exitCode = await run(['--input-prefix', '/data/graph'], {
       stdout: process.stdout, stderr: process.stderr, env: {}, signals: process,
       exit: (code) => process.exit(code), engine: { repartition },
     });`,
  );
  return script;
}

/** Runs a script and sends signals, each when standard error has said the word before it. */
function interrupt(
  script: string,
  ...steps: [string, NodeJS.Signals][]
): Promise<{ code: number | null; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      const [word, signal] = steps[0] ?? [];
      if (word === undefined || !err.includes(word)) return;
      steps.shift();
      child.kill(signal);
    });
    child.on('close', (code) => resolve({ code, err }));
  });
}

test('help that goes elsewhere than to a terminal is as wide as COLUMNS says', () => {
  const longest = (columns: string): number =>
    Math.max(
      ...command(['--help'], { COLUMNS: columns })
        .out.split('\n')
        .map((line) => line.length),
    );
  expect(longest('120')).toBe(120);
  expect(longest('70')).toBeLessThanOrEqual(70);
  expect(longest('wide')).toBe(longest(''));
});

describe('the command as a process', () => {
  test('says its version', () => {
    const { code, out, err } = command(['--version']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('exits with 2 on a usage error, with nothing on standard output', () => {
    expect(command(['--input-prefx', '/data/graph'])).toEqual({
      code: 2,
      out: '',
      err: 'gs-repartition: unknown option --input-prefx. Did you mean --input-prefix?\n',
    });
  });

  test('takes its options from the environment', () => {
    const prefix = join(folder, 'nowhere');
    const { code, err } = command([], { GS_REPARTITION_INPUT_PREFIX: prefix });
    expect(code).toBe(1);
    expect(err).toMatch(/^gs-repartition: [^\n]*\n$/);
    expect(err).toContain(prefix);
  });

  test('aligns the movies graph, and verify says so: not ready before, ready after', () => {
    const prefix = join(folder, 'movies');
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), prefix, { recursive: true });
    const before = command(['verify', '--input-prefix', prefix, '--metadata-file-name', 'metadata.json']);
    expect(before.code).toBe(1);
    expect(before.out).toMatch(/\nNot ready for DistPartitioning: \d+ violations in /);

    const run = command(['--input-prefix', prefix, '--json']);
    expect(run.code).toBe(0);
    const summary: unknown = JSON.parse(run.out);
    expect(summary).toMatchObject({
      status: 'succeeded',
      inputPrefix: prefix,
      updatedMetadata: join(prefix, 'updated_row_counts_metadata.json'),
    });

    const after = command(['verify', '--input-prefix', prefix]);
    expect(after.code).toBe(0);
    expect(after.out).toMatch(/^Ready for DistPartitioning: [^\n]*\n$/);
  });

  test('leaves the AWS SDK and the commands that need it alone when the graph is on a disk', () => {
    const prefix = join(folder, 'local');
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), prefix, { recursive: true });
    const list = join(folder, 'imported.txt');
    const { code } = command(['--input-prefix', prefix], { NODE_OPTIONS: listImports(list) });
    expect(code).toBe(0);
    const imported = readFileSync(list, 'utf8').split('\n');
    // The list goes from the command line to the threads.
    expect(imported).toContain('./start.js');
    expect(imported.some((name) => name.endsWith('/piscina/dist/worker.js'))).toBe(true);
    expect(
      imported.filter((name) => /@aws-sdk|@smithy|emr|sagemaker|s3(?!-options)|bucket/.test(name)),
    ).toEqual([]);
  });

  // A run that fails while it reads footers ends its threads at any moment of their start.
  test('ends threads that are still starting, and lives', () => {
    const program = `
      import { setTimeout as sleep } from 'node:timers/promises';
      import { inThreads } from ${JSON.stringify(distUrl('repartition/execute/threads.js'))};
      import { openStorage } from ${JSON.stringify(distUrl('storages.js'))};
      const { location, profile } = await openStorage({ scheme: 'file', root: ${JSON.stringify(folder)} });
      for (let ms = 0; ms < 80; ms += 2) {
        const threads = inThreads({ location, profile, threads: 2, mostTasks: 8 });
        await sleep(ms);
        await threads.close();
      }`;
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { encoding: 'utf8' },
    );
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  });

  test('goes on and exits as it should when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});

describe('Ctrl-C at the process', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('(%s) stops it cleanly with exit code 130', async (signal) => {
    const { code, err } = await interrupt(slowCommand('stops.mjs', 'stop()'), ['working', signal]);
    expect(code).toBe(130);
    expect(err).toContain('stopped before the end');
  });

  test('twice ends it at once, even when the run does not stop', async () => {
    const script = slowCommand('hangs.mjs', '');
    const { code, err } = await interrupt(script, ['working', 'SIGINT'], ['press Ctrl-C again', 'SIGINT']);
    expect(code).toBe(130);
    expect(err).not.toContain('stopped before the end');
  });
});
