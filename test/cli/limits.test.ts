/** The command where the process may have little: open files, threads, memory. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { MAIN, shell, statusOf, Workplace } from './processes.js';

vi.setConfig({ testTimeout: 60_000 });

const place = new Workplace();
afterAll(() => place.remove());

const filesUnder = (prefix: string): string[] => readdirSync(prefix, { recursive: true }) as string[];

describe('open files', () => {
  test.each([48, 64, 200])('at most %d: aligned all the same', (most) => {
    const prefix = place.movies();
    const line = `ulimit -n ${most}; exec sh "$@"`;
    const { code, err } = shell(line, [MAIN, '--input-prefix', prefix, '--concurrency', '50']);
    expect([code, err.replaceAll(/^\[.*\n/gm, '')]).toEqual([0, '']);
    expect(statusOf(prefix)).toBe('succeeded');
  });

  test('at most 16, with which Node.js itself crashes: one line', () => {
    const { code, out, err } = shell('ulimit -n 16; exec sh "$@"', [MAIN, '--version']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^gs-repartition: [^\n]*may open only 16 files[^\n]*ulimit -n[^\n]*\n$/);
  });
});

test('--concurrency 1000 starts no more threads than are worth it', async () => {
  const prefix = place.movies();
  const child = spawn(process.execPath, [MAIN, '--input-prefix', prefix, '--concurrency', '1000']);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  let most = 0;
  const watch = setInterval(() => {
    try {
      most = Math.max(most, readdirSync(`/proc/${child.pid}/task`).length);
    } catch {
      // It has ended.
    }
  }, 5);
  expect(await ended).toBe(0);
  clearInterval(watch);
  // Node.js has about ten of its own, and each processor may have one of ours.
  expect(most).toBeLessThan(40);
});

test('a few small parts are made in the main thread, unless somebody asks for threads', () => {
  const [marker, hook] = [place.path('started'), place.path('tells.mjs')];
  writeFileSync(
    hook,
    `import { writeFileSync } from 'node:fs';
     import { isMainThread } from 'node:worker_threads';
     if (!isMainThread) writeFileSync(${JSON.stringify(marker)}, '');`,
  );
  const align = (...options: string[]): boolean => {
    const prefix = place.path(`small${options.length}`);
    cpSync(join(repositoryRoot, 'test/fixtures/cases/file-counts'), prefix, { recursive: true });
    const env = `NODE_OPTIONS="--import ${pathToFileURL(hook).href}"`;
    const { code } = shell(`${env} exec "$@"`, [
      process.execPath,
      MAIN,
      '--input-prefix',
      prefix,
      ...options,
    ]);
    expect([code, statusOf(prefix)]).toEqual([0, 'succeeded']);
    return existsSync(marker);
  };
  expect(align()).toBe(false);
  expect(align('--concurrency', '1')).toBe(true);
});

describe('a worker thread that', () => {
  /** Runs an alignment in whose threads `code` is run at a write, once or each time. */
  function alignWith(
    code: string,
    { once }: { once: boolean },
    options = '',
  ): { prefix: string } & ReturnType<typeof shell> {
    const [marker, hook] = [place.path('marker'), place.path('hook.mjs')];
    writeFileSync(
      hook,
      `import fs from 'node:fs';
       import { syncBuiltinESMExports } from 'node:module';
       import { isMainThread } from 'node:worker_threads';
       const { writeSync } = fs;
       fs.writeSync = (...words) => {
         const written = writeSync(...words);
         if (${once} && fs.existsSync(${JSON.stringify(marker)})) return written;
         fs.writeFileSync(${JSON.stringify(marker)}, '');
         ${code}
         return written;
       };
       if (!isMainThread) syncBuiltinESMExports();`,
    );
    const prefix = place.movies();
    const env = `NODE_OPTIONS="--import ${pathToFileURL(hook).href} ${options}"`;
    return { prefix, ...shell(`${env} exec "$@"`, [process.execPath, MAIN, '--input-prefix', prefix]) };
  }

  const DIES = 'process.exit(7);';
  const EATS = 'const eaten = []; for (;;) eaten.push(new Array(1e5).fill(Math.random()));';

  test.each([
    ['dies', DIES, ''],
    ['runs out of memory', EATS, '--max-old-space-size=64'],
  ])('%s once: its tasks are tried once more, and nothing is left', (_how, code, options) => {
    const { code: exit, err, prefix } = alignWith(code, { once: true }, options);
    expect([exit, /^gs-repartition: .*/m.exec(err)?.[0]]).toEqual([0, undefined]);
    expect(filesUnder(prefix).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    expect(existsSync(`${prefix}/updated_row_counts_metadata.json`)).toBe(true);
  });

  test.each([
    ['dies', DIES, '', 'died'],
    ['runs out of memory', EATS, '--max-old-space-size=64', 'ran out of memory'],
  ])('%s each time: one line', (_how, code, options, says) => {
    const { code: exit, err, prefix } = alignWith(code, { once: false }, options);
    expect(exit).toBe(1);
    const lines = err.split('\n').filter((line) => line.startsWith('gs-repartition: '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`a worker thread ${says}, twice while it made `);
    expect(filesUnder(prefix).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    expect(statusOf(prefix)).toBe('failed');
    expect(readFileSync(`${prefix}/repartition_status.json`, 'utf8')).toContain('"limit"');
  });
});
