import { EventEmitter } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ERASE } from '../../src/cli/console.js';
import { progressLines } from '../../src/cli/progress.js';
import { drawProgress } from '../../src/cli/progress-words.js';
import { type ErrorCode, interrupted, RepartitionError } from '../../src/errors.js';
import type { Progress, VerifyReport } from '../../src/repartition/api.js';
import { attempt, ready, summary } from './try.js';

const LINE = '--input-prefix /data/graph';

/** What ends the log of a run: GraphStorm's own command says it so, and people search for it. */
const CLOSING = [
  'INFO: Wrote updated metadata file to /data/graph/updated_row_counts_metadata.json',
  'INFO: File repartitioning time: 12.345 seconds',
];

describe('a run that succeeds', () => {
  test('ends with a summary for people', async () => {
    const { code, stdout } = await attempt(LINE);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'Aligned 3 of 5 types, rewriting 7 of 12 data sets, 123,456,789 rows, in 12 s.',
        '  parts     40 kept, 1,200 spliced, 6 re-encoded, 2 made by an earlier run',
        '  bytes     5.00 GB kept, 128 MB copied, 1.23 MB written anew',
        '  metadata  /data/graph/updated_row_counts_metadata.json',
        '  rows per part',
        '    node_data of user, age        500 400 300 → 600 600',
        '    node_data of user, embedding  600 600 (as it was)',
        '',
      ].join('\n'),
    );
  });

  test('ends without the table with --summary short, and without a word with --quiet', async () => {
    expect((await attempt(`${LINE} --summary short`)).stdout).toMatch(
      /^Aligned .*\n {2}parts .*\n {2}bytes .*\n {2}metadata .*\n$/,
    );
    const quiet = await attempt(`${LINE} --quiet`, {
      engine: {
        repartition: ({ log, onProgress }) => {
          log?.info('news');
          log?.warn('a worry');
          onProgress?.({ phase: 'inventory', done: 1, total: 2 });
          return Promise.resolve(summary);
        },
      },
    });
    expect(quiet.stdout).toBe('');
    expect(quiet.stderr).toMatch(/^\S+ WARN: a worry\n$/);
    expect(JSON.parse((await attempt(`${LINE} --quiet --json`)).stdout)).toMatchObject(summary);
  });

  test('shows as many row counts as there is room for, and how many parts there are', async () => {
    const first = Array.from({ length: 12 }, (_, i) => 1_000_000 + i);
    const layouts = [
      {
        dataSet: 'edges of user:rated:movie',
        changed: true,
        before: { parts: 1200, first },
        after: { parts: 12, first },
      },
    ];
    const engine = { repartition: () => Promise.resolve({ ...summary, layouts }) };
    // The terminal has 100 columns.
    expect((await attempt(LINE, { engine })).stdout.split('\n').at(-2)).toBe(
      '    edges of user:rated:movie  1,000,000 … (1,200 parts) → 1,000,000 … (12 parts)',
    );
  });

  test('says so when an earlier run has made everything', async () => {
    const parts = { kept: 40, spliced: 0, reencoded: 0, resumed: 1208 };
    const engine = { repartition: () => Promise.resolve({ ...summary, parts }) };
    expect((await attempt(LINE, { engine })).stdout).toMatch(
      /^Nothing left to do: 1,208 parts made by an earlier run; 5 types, 12 data sets, 123,456,789 rows, in 12 s\.\n/,
    );
  });

  test('says so when there was nothing to align', async () => {
    const nothing = { ...summary, types: { total: 1, aligned: 0 }, dataSets: { total: 2, rewritten: 0 } };
    const { stdout } = await attempt(LINE, { engine: { repartition: () => Promise.resolve(nothing) } });
    expect(stdout).toMatch(/^Nothing to align: 1 type, 2 data sets, 123,456,789 rows, in 12 s\.\n/);
  });

  test('prints exactly one document with --json, and logs elsewhere', async () => {
    const { code, stdout, stderr } = await attempt(`${LINE} --json`, {
      engine: {
        repartition: ({ log }) => {
          log?.info('reading');
          return Promise.resolve(summary);
        },
      },
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ document: 'gs-repartition/alignment', version: 1, ...summary });
    expect(stderr).toContain('INFO: reading\n');
  });
});

describe('verify', () => {
  test('says that a prefix is ready', async () => {
    const { code, stdout } = await attempt(`verify ${LINE}`);
    expect(code).toBe(0);
    expect(stdout).toBe('Ready for DistPartitioning: 2 types, 5 data sets, 20 parts, 1,000 rows.\n');
  });

  const report: VerifyReport = {
    ...ready,
    ready: false,
    violations: [
      { kind: 'totals', message: 'num_nodes_per_type is missing' },
      {
        kind: 'part-count',
        type: 'user:rated:movie',
        dataSet: 'rating',
        message: 'has 4 parts, structure has 5',
      },
      {
        kind: 'row-count',
        type: 'movie',
        dataSet: 'ti\ntle',
        part: 'node_data/a\u001b[31m.parquet',
        message: 'has 3 rows, part 1 of genre has 4',
      },
    ],
    warnings: [{ kind: 'world-size', type: 'movie', message: 'align it with a larger `numOutputFiles`' }],
  };

  test('prints every violation on one line under its type, whatever is in the names, and exits with 1', async () => {
    const { code, stdout, stderr } = await attempt(`verify ${LINE}`, {
      engine: { verifyPrefix: () => Promise.resolve(report) },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/WARN: movie \| align it with a larger --num-output-files\n$/);
    expect(stdout).toBe(
      [
        'The graph: 1 violation',
        '  num_nodes_per_type is missing',
        'user:rated:movie: 1 violation',
        '  rating | has 4 parts, structure has 5',
        'movie: 1 violation',
        '  ti\\ntle | node_data/a\\u001b[31m.parquet | has 3 rows, part 1 of genre has 4',
        'Not ready for DistPartitioning: 3 violations in 2 types, 5 data sets, 20 parts, 1,000 rows, 1 warning.',
        '',
      ].join('\n'),
    );
  });

  test('prints one document with --json', async () => {
    const { code, stdout } = await attempt(`verify ${LINE} --json`, {
      engine: { verifyPrefix: () => Promise.resolve(report) },
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual(report);
  });

  test('shows no more than twenty violations of a type', async () => {
    const many = Array.from({ length: 25 }, () => report.violations[1]!);
    const { stdout } = await attempt(`verify ${LINE}`, {
      engine: { verifyPrefix: () => Promise.resolve({ ...report, violations: many }) },
    });
    expect(stdout.match(/has 4 parts/g)).toHaveLength(20);
    expect(stdout).toContain('  … and 5 more (--json has all)\n');
  });

  test('exits with 5 when it could not look, with 2 when it was asked wrongly', async () => {
    const failing = (code: ErrorCode) => ({
      verifyPrefix: () => Promise.reject(new RepartitionError(code, 'no metadata')),
    });
    for (const [code, exit] of [
      ['not-found', 5],
      ['access', 5],
      ['storage', 5],
      ['usage', 2],
      ['interrupted', 130],
    ] as const) {
      expect((await attempt(`verify ${LINE}`, { engine: failing(code) })).code).toBe(exit);
    }
  });
});

describe('a run that fails', () => {
  const failWith = (error: Error) => ({
    repartition: () => Promise.reject(error),
  });
  const full = new RepartitionError('storage', 'cannot write /data/x: no space left on the disk', {
    hint: 'Free some space.',
  });

  test('says what, where and what to do on one line', async () => {
    expect(await attempt(LINE, { engine: failWith(full) })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'gs-repartition: cannot write /data/x: no space left on the disk. Free some space.\n',
      exits: [],
    });
  });

  test('does so also without a hint, and with line breaks in names', async () => {
    const { stderr } = await attempt(LINE, {
      engine: failWith(new RepartitionError('metadata', 'no type "a\nb" in\r metadata.json')),
    });
    expect(stderr).toBe('gs-repartition: no type "a\\nb" in\\u000d metadata.json.\n');
  });

  test('prints a document too with --json', async () => {
    const { code, stdout, stderr } = await attempt(`${LINE} --json`, { engine: failWith(full) });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      document: 'gs-repartition/error',
      version: 1,
      status: 'failed',
      error: {
        code: 'storage',
        message: 'cannot write /data/x: no space left on the disk',
        hint: 'Free some space.',
      },
    });
    expect(stderr).toBe(
      'gs-repartition: cannot write /data/x: no space left on the disk. Free some space.\n',
    );
  });

  test('exits with 2 when the engine finds a mistake in the options', async () => {
    const error = new RepartitionError('usage', 'the updated metadata would overwrite its input');
    expect((await attempt(LINE, { engine: failWith(error) })).code).toBe(2);
  });

  test('by a bug says so on one line, and how to report it', async () => {
    const { code, stderr } = await attempt(LINE, { engine: failWith(new TypeError('x is undefined')) });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'gs-repartition: internal error: TypeError: x is undefined. ' +
        'This is a bug: please report it with what the same command prints at --log-level DEBUG.\n',
    );
  });

  test('shows the stack, with its causes, at --log-level DEBUG only', async () => {
    const cause = Object.assign(new Error('EIO at the bottom'), { headers: { authorization: 'a secret' } });
    const error = new RepartitionError('storage', 'cannot read', { cause });
    const { stderr } = await attempt(`${LINE} --log-level DEBUG`, { engine: failWith(error) });
    expect(stderr).toMatch(/^gs-repartition: cannot read\.\n/);
    expect(stderr).toMatch(/\n {4}at /);
    expect(stderr).toContain('caused by Error: EIO at the bottom');
    expect(stderr).not.toContain('a secret');
  });
});

describe('Ctrl-C', () => {
  /** An engine that, once `signals` has been sent, stops when it is asked to; with what it was asked. */
  function untilStopped(signals: EventEmitter, name: string) {
    return {
      repartition: ({ signal }: { signal?: AbortSignal }) =>
        new Promise<never>((_, reject) => {
          signal?.addEventListener('abort', () => reject(interrupted()));
          signals.emit(name);
        }),
    };
  }

  test.each(['SIGINT', 'SIGTERM'])('(%s) stops the run cleanly and exits with 130', async (name) => {
    const signals = new EventEmitter();
    const { code, stderr, exits } = await attempt(LINE, { signals, engine: untilStopped(signals, name) });
    expect({ code, exits }).toEqual({ code: 130, exits: [] });
    expect(stderr).toBe(
      'gs-repartition: stopping; press Ctrl-C again to stop at once\n' +
        'gs-repartition: stopped before the end.\n',
    );
  });

  test('twice ends the process at once', async () => {
    const signals = new EventEmitter();
    const { exits } = await attempt(LINE, {
      signals,
      engine: {
        repartition: () => {
          signals.emit('SIGINT');
          signals.emit('SIGINT');
          return Promise.resolve(summary);
        },
      },
    });
    expect(exits).toEqual([130]);
  });

  test('after the run is not ours any more', async () => {
    const signals = new EventEmitter();
    await attempt(LINE, { signals });
    expect(signals.eventNames()).toEqual([]);
  });
});

describe('the log', () => {
  const chatty = {
    repartition: ({
      log,
    }: {
      log?: { debug(m: string): void; info(m: string): void; warn(m: string): void };
    }) => {
      log?.debug('a detail');
      log?.info('some news');
      log?.warn('a worry\nabout two lines');
      return Promise.resolve(summary);
    },
  };

  test('has a line each, with time and level, on standard error', async () => {
    const { stderr } = await attempt(`${LINE} --log-level DEBUG`, { engine: chatty });
    expect(stderr).toMatch(
      /^\[[-\dT:+]+\] DEBUG: a detail\n\[[-\dT:+]+\] INFO: some news\n\[[-\dT:+]+\] WARN: a worry\\nabout two lines\n/,
    );
  });

  test('says less at a higher level', async () => {
    const { stderr } = await attempt(`${LINE} --log-level warning`, { engine: chatty });
    expect(stderr).toMatch(/^\S+ WARN: a worry\\nabout two lines\n$/);
    expect((await attempt(`${LINE} --log-level CRITICAL`, { engine: chatty })).stderr).toBe('');
  });

  test('has colours on a terminal only, and not with NO_COLOR', async () => {
    const line = `${LINE} --no-progress`;
    const escape = '\u001b[';
    expect((await attempt(line, { engine: chatty })).stderr).not.toContain(escape);
    expect((await attempt(line, { engine: chatty, terminal: true })).stderr).toContain(escape);
    const plain = await attempt(line, { engine: chatty, terminal: true, env: { NO_COLOR: '1' } });
    expect(plain.stderr).not.toContain(escape);
  });
});

describe('progress', () => {
  const moving = {
    repartition: ({
      onProgress,
      log,
    }: {
      onProgress?: (at: Progress) => void;
      log?: { info(m: string): void };
    }) => {
      onProgress?.({ phase: 'inventory', done: 1, total: 1200 });
      onProgress?.({ phase: 'inventory', done: 1200, total: 1200 });
      onProgress?.({ phase: 'resume', done: 0, total: 24 });
      onProgress?.({
        phase: 'parts',
        done: 1,
        total: 96,
        bytes: 128_000_000,
        totalBytes: 12_288_000_000,
        share: 1 / 96,
      });
      log?.info('by the way');
      onProgress?.({
        phase: 'parts',
        done: 48,
        total: 96,
        bytes: 6_144_000_000,
        totalBytes: 12_288_000_000,
        share: 0.5,
      });
      onProgress?.({ phase: 'verify', done: 96, total: 96 });
      onProgress?.({ phase: 'guard', done: 0, total: 1297 });
      return Promise.resolve(summary);
    },
  };

  test('without a terminal is a plain line per phase', async () => {
    const { stdout, stderr } = await attempt(LINE, { engine: moving });
    expect(stderr.replaceAll(/^\[.*?\] /gm, '')).toBe(
      [
        'INFO: reading the footers of 1,200 parts',
        'INFO: checking 24 parts that an earlier run has made',
        'INFO: making 96 parts, 12.3 GB',
        'INFO: by the way',
        'INFO: checking 96 parts',
        'INFO: looking once more at 1,297 files',
        ...CLOSING,
        '',
      ].join('\n'),
    );
    expect(stdout).not.toContain('parts:');
  });

  test('without a terminal is a line again after ten seconds, and later after more', () => {
    const lines: string[] = [];
    let clock = 0;
    const say = (line: string): void => void lines.push(line);
    const log = { isDebug: false, debug: say, info: say, warn: say, always: () => undefined };
    const display = progressLines(log, () => clock);
    for (; clock <= 200; clock++) {
      const share = clock / 400;
      const hindrances = clock < 15 ? {} : { retries: clock - 14, slowDowns: 1 };
      const done = Math.floor(share * 96);
      const bytes = share * 96 * 128_000_000;
      display.report({
        phase: 'parts',
        done,
        total: 96,
        bytes,
        totalBytes: 12_288_000_000,
        share,
        ...hindrances,
      });
    }
    display.stop();
    expect(lines.slice(0, 4)).toEqual([
      'making 96 parts, 12.3 GB',
      'making parts: 2 %, 307 MB of 12.3 GB, 2 of 96 parts, 33.2 MB/s, about 6 min 1 s left',
      'S3 asked to slow down once, 1 request sent again',
      'making parts: 5 %, 614 MB of 12.3 GB, 4 of 96 parts, 30.7 MB/s, about 6 min 20 s left, S3 asked to slow down once, 6 requests sent again',
    ]);
    // Twelve in the first two minutes, then two a minute.
    expect(lines).toHaveLength(2 + 12 + 2);
  });

  test('on a terminal is a line that makes room for log lines and goes away', async () => {
    const { stdout, stderr } = await attempt(LINE, { engine: moving, terminal: true });
    expect(stderr).toMatch(/Making parts [█░]+ 1 %, 128 MB of 12\.3 GB/);
    const [, afterLog = ''] = stderr.split('by the way');
    expect(afterLog).toContain('Making parts');
    expect(afterLog).toMatch(/Checking parts █+ 100 %, 96 of 96 parts/);
    const afterBar = stripVTControlCharacters(stderr.split(ERASE).at(-1)!);
    expect(afterBar.replaceAll(/^\[.*?\] /gm, '').split('\n')).toEqual([...CLOSING, '']);
    expect(stdout).toContain('Aligned 3 of 5 types');
  });

  test('has room in lines of every width', () => {
    const facts = {
      phase: 'parts',
      done: 12,
      total: 96,
      bytes: 1.2e9,
      totalBytes: 3.6e9,
      share: 0.34,
      bytesPerSecond: 1.28e8,
      seconds: 15,
      secondsLeft: 19,
      retries: 12,
      slowDowns: 3,
    } as const;
    for (let width = 0; width <= 200; width++) {
      const line = drawProgress(facts, width);
      expect(line.length).toBeLessThanOrEqual(width);
      if (width >= 4) expect(line).toContain('34 %');
    }
    expect(drawProgress(facts, 79)).toBe(
      'Making parts 34 %, 1.20 of 3.60 GB, 12 retries, 3 slow-downs, about 19 s left',
    );
    const { phase, done, total, bytes, totalBytes, share, seconds } = facts;
    const early = { phase, done, total, bytes, totalBytes, share, seconds, retries: 0, slowDowns: 0 };
    expect(drawProgress({ ...early, leftUntil: 'parts' }, 79)).toBe(
      'Making parts ██░░░░░░ 34 %, 1.20 of 3.60 GB, 15 s, estimate once parts are made',
    );
    // Why there is no time left yet makes way for the rate.
    expect(drawProgress({ ...early, bytesPerSecond: 1.28e8, leftUntil: 'parts' }, 79)).toBe(
      'Making parts ███░░░░░░░░ 34 %, 1.20 of 3.60 GB, 128 MB/s, 15 s, no estimate yet',
    );
    // Why there is none now comes behind what S3 does.
    const held = { ...early, retries: 12, slowDowns: 3, leftUntil: 'requests' } as const;
    expect(drawProgress(held, 79)).toBe(
      'Making parts 34 %, 1.20 of 3.60 GB, 12 retries, 3 slow-downs, no estimate now',
    );
    expect(drawProgress(held, 120)).toContain(
      '12 retries, 3 slow-downs, estimate once S3 takes requests again',
    );
    expect(drawProgress({ ...facts, retries: 0, slowDowns: 0 }, 79)).toBe(
      'Making parts ███░░░░░░░░ 34 %, 1.20 of 3.60 GB, 128 MB/s, 15 s, about 19 s left',
    );
    expect(drawProgress(facts, 199)).toContain(
      ' 34 %, 1.20 of 3.60 GB, 12 of 96 parts, 128 MB/s, 15 s, 12 retries, 3 slow-downs, about 19 s left',
    );
  });

  test('on a terminal makes way for the error that ends a run', async () => {
    const { stderr } = await attempt(LINE, {
      terminal: true,
      engine: {
        repartition: ({ onProgress }) => {
          onProgress?.({ phase: 'inventory', done: 1, total: 2 });
          return Promise.reject(new RepartitionError('storage', 'the disk is gone'));
        },
      },
    });
    expect(stderr).toContain('Reading footers');
    expect(stderr.endsWith(`${ERASE}gs-repartition: the disk is gone.\n`)).toBe(true);
  });

  test('is silent with --no-progress', async () => {
    const plain = await attempt(`${LINE} --no-progress`, { engine: moving });
    expect(plain.stderr.replaceAll(/^\[.*?\] /gm, '').split('\n')).toEqual([
      'INFO: by the way',
      ...CLOSING,
      '',
    ]);
    const terminal = await attempt(`${LINE} --no-progress`, { engine: moving, terminal: true });
    expect(terminal.stderr).not.toContain('Making');
  });

  test('never reaches standard output, which --json owns', async () => {
    const { stdout } = await attempt(`${LINE} --json`, { engine: moving, terminal: true });
    expect(JSON.parse(stdout)).toEqual({ document: 'gs-repartition/alignment', version: 1, ...summary });
  });
});
