/** A terminal that goes away while somebody on it waits for a job. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../aws/cli.js';
import { type ReadyForJobs, readyForJobs } from '../aws/ready.js';
import { python, repositoryRoot } from '../support/paths.js';
import { MAIN } from './processes.js';

let ready: ReadyForJobs;
beforeAll(async () => {
  ready = await readyForJobs();
});
beforeEach(() => ready.account.reset({ script: ['RUNNING', 'hold'] }));
afterAll(() => ready.close());

const QUESTION = 'Leave the job running or cancel it? [leave/cancel]';

test.each([
  ['stops waiting; nobody is asked', [['RUNNING after', null]]],
  [
    'after Ctrl-C is no answer',
    [
      ['RUNNING after', '\x03'],
      [QUESTION, null],
    ],
  ],
])('%s, and the job goes on', async (_name, steps) => {
  const { account, applicationId, entryPoint } = ready;
  const line =
    `emr-serverless submit --application-id ${applicationId} --execution-role gsprocessing-emr-serverless ` +
    `--entry-point ${entryPoint} --input-prefix ${account.url('input')} ` +
    `--output-prefix ${account.url('output')} --config-filename config.json --wait`;
  const driver = join(repositoryRoot, 'test', 'python', 'terminal.py');
  const { code, stdout } = await runProgram(python, [
    ...[driver, JSON.stringify(steps), process.execPath, MAIN, ...line.split(' ')],
  ]);
  expect({ code, asked: stdout.includes(QUESTION) }).toEqual({ code: 130, asked: steps.length > 1 });
  const [id = ''] = [...account.front.jobs.keys()].slice(-1);
  expect(account.front.jobs.get(id)?.state).toBe('RUNNING');
});
