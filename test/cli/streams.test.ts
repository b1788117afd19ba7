/** Standard streams that can't be written, and other things missing that a process can usually count on. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import { MAIN, shell, startUntil, statusOf, Workplace } from './processes.js';
import { attempt } from './try.js';

const place = new Workplace();
afterAll(() => place.remove());

const command = (...words: string[]): string[] => [process.execPath, MAIN, ...words];
const NO_SPACE = 'the result could not be written to standard output: no space left on device.\n';

describe('output that cannot be written', () => {
  test.each([
    ['2>/dev/full', 0, /^Aligned /, /^$/],
    ['>/dev/full', 1, /^$/, new RegExp(`\\ngs-repartition: all is done, but ${NO_SPACE}$`)],
    ['>/dev/full 2>&1', 1, /^$/, /^$/],
    [
      '>&-',
      0,
      /^$/,
      /INFO: making [^\n]*\n[^\n]*INFO: checking [^\n]*\n[^\n]*INFO: looking [^\n]*\n[^\n]*Wrote [^\n]*\n[^\n]*time: [^\n]*\n$/,
    ],
    ['2>&-', 0, /^Aligned /, /^$/],
    ['<&- >&- 2>&-', 0, /^$/, /^$/],
    ['1</dev/null', 1, /^$/, /standard output: bad file descriptor\.\n$/],
    ['2</dev/null', 0, /^Aligned /, /^$/],
  ])('(%s) does not end a run; exit code %d', (redirections, code, out, err) => {
    const prefix = place.movies();
    const ran = shell(`exec "$@" ${redirections}`, command('--input-prefix', prefix));
    expect({ ...ran, status: statusOf(prefix) }).toEqual({
      code,
      out: expect.stringMatching(out) as unknown,
      err: expect.stringMatching(err) as unknown,
      status: 'succeeded',
    });
  });

  // The pipe's reader has ended before the command begins.
  test.each([
    ['standard error', 'exec 3>&1; { sleep 0.1; "$@" 2>&1 >&3; echo "code $?" >&3; } | true'],
    ['standard output', 'exec 3>&1; { sleep 0.1; "$@" 2>&3; echo "code $?" >&3; } | true'],
    ['both', 'exec 3>&1; { sleep 0.1; "$@" 2>&1; echo "code $?" >&3; } | true'],
  ])('because nobody reads %s ends no run either', (_name, line) => {
    const prefix = place.movies();
    expect(shell(line, command('--input-prefix', prefix)).out).toMatch(/code 0\n$/);
    expect(statusOf(prefix)).toBe('succeeded');
  });

  test.each([
    ['--help', 1, `gs-repartition: all is done, but ${NO_SPACE}`],
    ['--version', 1, `gs-repartition: all is done, but ${NO_SPACE}`],
    ['emr-serverless submit --help', 1, `gs-repartition: all is done, but ${NO_SPACE}`],
    ['verify --json --no-progress --metadata-file-name metadata.json', 1, `gs-repartition: ${NO_SPACE}`],
    ['--json --input-prefx x', 2, new RegExp(`^[^\n]*unknown option[^\n]*\ngs-repartition: ${NO_SPACE}$`)],
  ])('is told of by every command: %s, exit code %d', (line, code, err) => {
    const words = line.startsWith('verify') ? `${line} --input-prefix ${place.movies()}` : line;
    const ran = shell('exec "$@" >/dev/full', command(...words.split(' ')));
    expect(ran.code).toBe(code);
    if (typeof err === 'string') expect(ran.err).toBe(err);
    else expect(ran.err).toMatch(err);
  });

  test('is also what is left over when a file takes only the beginning', () => {
    const file = place.path('help');
    const ran = shell(`ulimit -f 1; exec "$@" >'${file}'`, command('--help'));
    expect(ran).toEqual({
      code: 1,
      out: '',
      err: 'gs-repartition: all is done, but the result could not be written to standard output: file too large.\n',
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^gs-repartition /);
  });

  test('for a while is written again as soon as it can be', () => {
    const [go, log] = [place.path('go'), place.path('log')];
    // Standard error is a file that may grow by what `working` needs, and is made shorter then.
    const meanwhile = `
      const { truncateSync, writeFileSync } = await import('node:fs');
      log.info('x'.repeat(5000));
      truncateSync(${JSON.stringify(log)}, 0);
      writeFileSync(${JSON.stringify(go)}, '');`;
    const ran = shell(`ulimit -f 2; exec "$@" 2>>'${log}'`, place.waiting(go, meanwhile));
    expect(ran.code).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(/WARN: going on\n/);
  });
});

describe('what no one has caught', () => {
  const BUG = 'This is a bug: please report it with what the same command prints at --log-level DEBUG.';

  test.each([
    ['an error', 'throw new TypeError("x is\\nundefined")', `TypeError: x is\\nundefined. ${BUG}`],
    ['a word', 'throw "nonsense"', `nonsense. ${BUG}`],
    ['something without a name', 'throw Object.create(null)', ''],
    ['a rejection', 'Promise.reject(new RangeError("too far"))', `RangeError: too far. ${BUG}`],
    ['a rejection without a name', 'Promise.reject(Object.create(null))', ''],
  ])('(%s) is one line and exit code 1', (_name, code, words) => {
    const [program = '', ...line] = place.waiting(place.path('go'), `setTimeout(() => { ${code} });`);
    // Whatever Node is told to make of rejections.
    const run = [program, '--unhandled-rejections=none', ...line, '--no-progress', '--log-level', 'ERROR'];
    const told = words === '' ? 'internal error.\n' : `internal error: ${words}\n`;
    expect(shell('exec "$@"', run)).toEqual({ code: 1, out: '', err: `gs-repartition: ${told}` });
    expect(shell('exec "$@" 2>/dev/full', run).code).toBe(1);
  });

  test('is not what a stream says of itself', async () => {
    const [go, log] = [place.path('go'), place.path('log')];
    const meanwhile = `
      process.stdout.emit('error', new Error('of standard output'));
      process.stderr.emit('error', new Error('of standard error'));
      (await import('node:fs')).writeFileSync(${JSON.stringify(go)}, '');`;
    const into = ['/bin/sh', '-c', 'exec "$@" 2>"$0"', log, ...place.waiting(go, meanwhile)];
    const run = await startUntil('going on', log, into, 'ignore');
    expect(await run.ended).toBe(0);
  });
});

describe('in a folder that was deleted', () => {
  const inNoFolder = (...words: string[]) => {
    const folder = place.path('deleted');
    return shell(`mkdir '${folder}' && cd '${folder}' && rmdir '${folder}' && exec "$@"`, command(...words));
  };

  test.each([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['--help', /Exit codes:/],
    ['verify --help', /verify --input-prefix/],
    ['emr-serverless list --help', /emr-serverless list/],
  ])('%s works', (line, out) => {
    expect(inNoFolder(...line.split(' '))).toEqual({
      code: 0,
      out: expect.stringMatching(out) as unknown,
      err: '',
    });
  });

  test('graphs are found by their whole paths, by threads too', () => {
    const prefix = place.movies();
    const aligned = inNoFolder('--input-prefix', prefix);
    expect(aligned).toMatchObject({ code: 0, out: expect.stringContaining('Aligned 9 of 14') as unknown });
    expect(inNoFolder('verify', '--input-prefix', prefix).out).toMatch(/^Ready for DistPartitioning/);
  });

  test.each(['--input-prefix graph', '--input-prefix .', 'verify --input-prefix ../graph'])(
    '%s is a usage error, on one line',
    (line) => {
      expect(inNoFolder(...line.split(' '))).toEqual({
        code: 2,
        out: '',
        err:
          'gs-repartition: a relative path leads nowhere: the working folder was deleted. ' +
          'Change to a folder that exists, or give absolute paths.\n',
      });
    },
  );
});

test('a stack shows names as harmlessly as a message does', async () => {
  const error = new RepartitionError('parquet', 'cannot read a\u202egnp.b\u001b[2J');
  const { stderr } = await attempt('--input-prefix /data/graph --log-level DEBUG', {
    engine: { repartition: () => Promise.reject(error) },
  });
  expect(stderr).toMatch(/\n {4}at /);
  expect(stderr).not.toMatch(/[\u202e\u001b]/);
});
