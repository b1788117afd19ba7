/** A terminal that goes away under the command, and one that was never there. */
import { EventEmitter } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { interrupted } from '../../src/errors.js';
import { hangUp, MAIN, startUntil, statusOf, Workplace } from './processes.js';
import { attempt, summary } from './try.js';

const place = new Workplace();
afterAll(() => place.remove());

/** Code that makes a file. */
function makes(file: string): string {
  return `(await import('node:fs')).writeFileSync(${JSON.stringify(file)}, '');`;
}

describe('a terminal that goes away', () => {
  test('stops a run of its session, as SIGTERM does: the status says so', () => {
    const prefix = place.movies();
    const { code } = hangUp('session', { word: 'Reading footers', dies: place.path('dies') }, [
      ...[process.execPath, MAIN, '--input-prefix', prefix],
    ]);
    expect({ code, status: statusOf(prefix) }).toEqual({ code: 130, status: 'failed' });
  });

  test('leaves a detached run alone, to its end', () => {
    const prefix = place.movies();
    const { code } = hangUp('detached', { word: 'Reading footers', dies: place.path('dies') }, [
      ...[process.execPath, MAIN, '--input-prefix', prefix],
    ]);
    expect({ code, status: statusOf(prefix) }).toEqual({ code: 0, status: 'succeeded' });
  });

  test.each([
    ['lines', ['--no-progress']],
    ['a bar', []],
    ['a document', ['--json', '--no-progress']],
  ])('does not end a detached run that writes %s to it', (_name, options) => {
    const go = place.path('go');
    const ended = hangUp('detached', { word: 'working', dies: go }, [...place.waiting(go), ...options]);
    expect(ended).toMatchObject({ code: 0, shown: expect.stringContaining('working') as unknown });
  });

  test('is gone before a command begins that was started on it', () => {
    const [go, began] = [place.path('go'), place.path('began')];
    const wait = 'until [ -e "$0" ]; do sleep 0.01; done; exec "$@"';
    const { code } = hangUp('detached', { word: '', dies: began }, [
      ...['/bin/sh', '-c', wait, began, ...place.waiting(go, makes(go))],
    ]);
    expect(code).toBe(0);
  });

  test('stops the run also when only its input is that terminal, with a line that says why', () => {
    const [log, working] = [place.path('log'), place.path('working')];
    const into = 'exec "$@" >"$0" 2>&1';
    const { code } = hangUp('session', { word: working, dies: place.path('dies') }, [
      ...['/bin/sh', '-c', into, log, ...place.waiting(place.path('go'), makes(working))],
    ]);
    expect(code).toBe(130);
    expect(readFileSync(log, 'utf8')).toMatch(
      /working\ngs-repartition: the terminal has gone; stopping\ngs-repartition: stopped before the end\.\n$/,
    );
  });
});

describe('a run without any terminal', () => {
  test.each([
    ['under nohup', ['nohup']],
    ['by itself', []],
  ])('(%s) goes on after SIGHUP, to its end', async (_name, before) => {
    const [go, log] = [place.path('go'), place.path('log')];
    const output = openSync(log, 'a');
    const command = [...before, ...place.waiting(go)];
    const run = await startUntil('working', log, command, ['ignore', output, output]);
    run.kill('SIGHUP');
    run.kill('SIGHUP');
    writeFileSync(go, '');
    expect(await run.ended).toBe(0);
    expect(readFileSync(log, 'utf8')).toContain('Aligned 3 of 5 types');
  });

  test('is still stopped by SIGTERM', async () => {
    const log = place.path('log');
    const output = openSync(log, 'a');
    const run = await startUntil('working', log, place.waiting(place.path('go')), ['ignore', output, output]);
    run.kill('SIGHUP');
    run.kill('SIGTERM');
    expect(await run.ended).toBe(130);
  });
});

describe('SIGHUP on a terminal', () => {
  /** Sends `names` to a run that stops late, and tells how often it was ended at once. */
  async function send(names: readonly string[]): Promise<{ exits: number[]; stderr: string; code: number }> {
    const signals = new EventEmitter();
    return attempt('--input-prefix /data/graph', {
      signals,
      engine: {
        repartition: ({ signal }) => {
          for (const name of names) signals.emit(name);
          return signal?.aborted ? Promise.reject(interrupted()) : Promise.resolve(summary);
        },
      },
    });
  }

  test('stops the run cleanly, with its own line', async () => {
    expect(await send(['SIGHUP'])).toMatchObject({
      code: 130,
      exits: [],
      stderr:
        'gs-repartition: the terminal has gone; stopping\n' + 'gs-repartition: stopped before the end.\n',
    });
  });

  test.each([
    [['SIGHUP', 'SIGHUP', 'SIGHUP'], 0],
    [['SIGTERM', 'SIGHUP'], 0],
    [['SIGHUP', 'SIGTERM'], 0],
    [['SIGTERM', 'SIGHUP', 'SIGTERM'], 1],
    [['SIGHUP', 'SIGINT', 'SIGINT'], 1],
  ])('is never the second Ctrl-C: %j ends at once %d times', async (names, times) => {
    expect((await send(names)).exits).toHaveLength(times);
  });
});
