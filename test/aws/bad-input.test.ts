/**
 * What goes wrong, at the built command: one line that says what, where and what to do, a documented exit code, and
 * nothing half made that the next run cannot finish.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, ACCOUNT, IMAGE, REPOSITORY } from './account.js';
import { engine } from './built.js';
import { command, type Ran, type Surroundings } from './cli.js';
import { type ReadyForJobs, readyForJobs } from './ready.js';

const ROLE = 'gsprocessing-emr-serverless';
const DENIED = { status: 403, type: 'AccessDeniedException', message: 'not authorized' };
const EXPIRED = {
  status: 400,
  type: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
};

let ready: ReadyForJobs;
let account: Account;
let folder: string;
let applicationId: string;

beforeAll(async () => {
  ready = await readyForJobs();
  ({ account, folder, applicationId } = ready);
  await account.put('graph/metadata.json', '{}');
  await account.makeBucket('bucket-in-ireland', 'eu-west-1');
});
beforeEach(() => account.reset());
afterAll(() => ready.close());

/** Later options take the place of the same ones before. */
function line(words: string, more: string): string {
  const options = new Map<string, string>();
  const [start = '', ...rest] = `${words} ${more}`.trim().split(/ (?=--)/);
  for (const option of rest) options.set(option.split(' ')[0]!, option);
  return [start, ...options.values()].join(' ');
}
const setup = (more = ''): string =>
  line(`emr-serverless setup --bucket ${account.bucket} --image-uri ${IMAGE}`, more);
const submit = (more = ''): string =>
  line(
    `emr-serverless submit --application-id ${applicationId} --execution-role ${ROLE} --entry-point ${ready.entryPoint} ` +
      `--input-prefix ${account.url('input')} --output-prefix ${account.url('output')} --config-filename config.json`,
    more,
  );
const sagemaker = (more = ''): string =>
  line(
    `sagemaker submit --s3-input-prefix ${account.url('graph')} --role arn:aws:iam::${ACCOUNT}:role/sagemaker --image-uri ${IMAGE}`,
    more,
  );
const status = (more = ''): string =>
  line(`emr-serverless status --application-id ${applicationId} --job-run-id 00none`, more);

/** Runs it, and gives the one line with which it ends. */
async function failing(words: string, code: number, surroundings?: Surroundings): Promise<string> {
  const ran = await command(words, surroundings);
  expect(ran.stdout).toBe('');
  expect(ran.stderr).not.toMatch(/^ {4}at /m);
  const lines = ran.stderr.trimEnd().split('\n');
  const ours = lines.filter(
    (one) => one.startsWith('gs-repartition: ') && !one.includes('press Ctrl-C again'),
  );
  expect(ours).toEqual([lines.at(-1)]);
  expect([lines.at(-1), ran.code]).toEqual([lines.at(-1), code]);
  return lines.at(-1) ?? '';
}

async function succeeding(words: string): Promise<Ran> {
  const ran = await command(words);
  expect([ran.stderr, ran.code]).toEqual([ran.stderr, 0]);
  return ran;
}

describe('no credentials', () => {
  it.each([
    ['setup', () => setup()],
    ['submit', () => submit()],
    ['list', () => 'emr-serverless list'],
    ['status', () => status()],
    ['status --wait', () => status('--wait')],
  ])('%s', async (_name, words) => {
    const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    expect(await failing(words(), 1, { env })).toMatch(
      /^gs-repartition: no credentials while .*: environment, profile, web identity, container and instance have none\. Set up credentials as for the AWS command line: environment, --profile \(one that ~\/\.aws\/config or ~\/\.aws\/credentials has\), or an instance role\.$/,
    );
    expect(account.front.writes).toEqual([]);
  });

  it('sagemaker submit', async () => {
    const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    expect(await failing(sagemaker(), 1, { env })).toMatch(/credentials.*\. .*\.$/);
    expect(account.front.writes).toEqual([]);
  });
});

describe('what is not as it should be, found before anything is made', () => {
  it.each([
    [
      'no such role, setup',
      () => setup(`--role-arn arn:aws:iam::${ACCOUNT}:role/nobody`),
      1,
      `no such role: arn:aws:iam::${ACCOUNT}:role/nobody. Check the ARN, or give --role-name to have a role made.`,
    ],
    [
      'no such role, submit',
      () => submit('--execution-role nobody'),
      1,
      'no such role: nobody. Make it with `gs-repartition emr-serverless setup`, or give another --execution-role.',
    ],
    [
      'no such role, sagemaker',
      () => sagemaker('--role nobody'),
      1,
      'no such role: nobody. Give the name or the ARN of a role that SageMaker may take on.',
    ],
    [
      'image in another region, setup',
      () => setup(`--image-uri ${IMAGE.replace('us-east-1', 'eu-west-1')}`),
      2,
      'the image is in eu-west-1, the application would be in us-east-1. Use --region eu-west-1, or push the image to us-east-1: EMR Serverless pulls only from its own region.',
    ],
    [
      'image in another region, sagemaker',
      () => sagemaker(`--image-uri ${IMAGE.replace('us-east-1', 'eu-west-1')}`),
      2,
      'the image is in eu-west-1, the job would be in us-east-1. Use --region eu-west-1, or push the image to us-east-1.',
    ],
    [
      'bucket in another region, setup',
      () => setup('--bucket bucket-in-ireland'),
      2,
      's3://bucket-in-ireland is in eu-west-1, the application would be in us-east-1. Use a bucket in us-east-1. With a network that has a way out (--subnet-ids, --security-group-ids) jobs can reach other regions too.',
    ],
    [
      'bucket in another region, submit',
      () => submit('--output-prefix s3://bucket-in-ireland/out'),
      2,
      's3://bucket-in-ireland is in eu-west-1, the application in us-east-1. Use a bucket in us-east-1: without a network of its own the application reaches no other region.',
    ],
    [
      'no such bucket',
      () => setup('--bucket bucket-that-nobody-has'),
      1,
      'no such bucket: s3://bucket-that-nobody-has. ',
    ],
    [
      'entry point missing, here',
      () => submit('--entry-point /nowhere/distributed_executor.py'),
      1,
      'cannot read the entry point /nowhere/distributed_executor.py: there is no such file. Give the path of graphstorm_processing/distributed_executor.py in a GraphStorm checkout.',
    ],
    [
      'entry point missing, on S3',
      () => submit(`--entry-point ${account.url('nowhere.py')}`),
      1,
      '/nowhere.py. Give --entry-point a local file to have it uploaded.',
    ],
    [
      'configuration missing',
      () => submit('--config-filename nowhere.json'),
      1,
      '/input/nowhere.json. Upload the input tables and their configuration first (`gs-repartition upload`); check --input-prefix and --config-filename.',
    ],
    [
      'no such application',
      () => submit('--application-id 00none'),
      1,
      'no application 00none in us-east-1. Look which there are: gs-repartition emr-serverless list.',
    ],
    [
      'no such job',
      () => status('--wait'),
      1,
      'Job run 00none not found). Check the name, the account and the region.',
    ],
  ])('%s', async (_name, words, code, told) => {
    expect(await failing(words(), code)).toContain(told);
    expect(account.front.writes).toEqual([]);
  });

  it.each([
    [
      'TERMINATED',
      {},
      'is terminated. Make a new one with `gs-repartition emr-serverless setup`: it takes the same name.',
    ],
    ['CREATING', {}, 'is still being made. Wait a moment and run the same command again.'],
    [
      'STOPPED',
      { autoStartConfiguration: { enabled: false } },
      'is STOPPED and does not start by itself. Start it: aws emr-serverless start-application --application-id ',
    ],
  ])(
    'an application that is %s; once it is right, the same command starts the job',
    async (state, more, told) => {
      account.front.overrides.set(applicationId, { state, ...more });
      expect(await failing(submit(), 1)).toContain(`the application ${applicationId} ${told}`);
      expect(account.front.writes).toEqual([]);
      account.front.overrides.clear();
      expect((await succeeding(submit())).stdout).toMatch(/^Started the job \w+\.\n/);
    },
  );

  it('a name that is taken with another configuration: the difference is shown, another name does', async () => {
    expect(await failing(setup('--release-label emr-7.0.0 --auto-stop-minutes 5'), 1)).toBe(
      `gs-repartition: the application gsprocessing-0.2.2 exists in us-east-1 with another configuration (${applicationId}: ` +
        'releaseLabel is emr-6.13.0 instead of emr-7.0.0, auto-stop minutes is 15 instead of 5). ' +
        'Give another --application-name, or ask for what is there.',
    );
    expect(account.front.writes).toEqual([]);
    const { stderr } = await succeeding(
      setup('--release-label emr-7.0.0 --auto-stop-minutes 5 --application-name other-settings'),
    );
    expect(stderr).toContain(
      'WARN: GSProcessing 0.2.2 is built on emr-6.13.0, which does not fit the release label emr-7.0.0\n',
    );
    expect(account.front.writes).toEqual(['emr-serverless:CreateApplication', 'ecr:SetRepositoryPolicy']);
  });
});

describe('a set-up that breaks off', () => {
  const WRITES = [
    'iam:CreateRole',
    'iam:PutRolePolicy',
    'emr-serverless:CreateApplication',
    'ecr:SetRepositoryPolicy',
  ];

  it.each([
    ['CreateRole, access denied', 0, DENIED, 'access denied while making the role of-0'],
    [
      'PutRolePolicy, a token that expires',
      1,
      EXPIRED,
      'the credentials expired while giving the role of-1 its policy',
    ],
    [
      'CreateApplication, a token that expires',
      2,
      EXPIRED,
      'the credentials expired while making the application of-2',
    ],
    [
      'SetRepositoryPolicy, access denied',
      3,
      DENIED,
      'access denied while setting the policy of the repository of-3',
    ],
  ])(
    'at %s: the step is named, the next run does the rest, a third nothing',
    async (_name, at, reply, told) => {
      const name = `of-${at}`;
      await account.pushImage(name);
      const words = setup(
        `--role-name ${name} --application-name ${name} --image-uri ${IMAGE.replace(REPOSITORY, name)}`,
      );
      account.front.faults.push({ call: new RegExp(WRITES[at]!), times: 9, reply });
      expect(await failing(words, 1)).toMatch(
        new RegExp(`^gs-repartition: ${told} .*\\. (Ask an administrator|Renew the credentials).*\\.$`),
      );
      expect([...new Set(account.front.writes)]).toEqual(WRITES.slice(0, at + 1));

      account.reset();
      await succeeding(words);
      expect(account.front.writes).toEqual(WRITES.slice(at));
      account.reset();
      expect((await succeeding(words)).stdout).toContain('Everything is set up already.');
      expect(account.front.writes).toEqual([]);
    },
  );

  it('at Ctrl-C, while the application is made: exit code 130, and the next run does the rest', async () => {
    await account.pushImage('stopped');
    const words = setup(`--application-name stopped --image-uri ${IMAGE.replace(REPOSITORY, 'stopped')}`);
    account.reset({ applicationStates: ['CREATING', 'CREATING', 'CREATING', 'CREATED'] });
    let sent = false;
    const told = await failing(words, 130, {
      watch: (text, child) => {
        if (sent || !text.includes('make the application stopped')) return;
        sent = true;
        const whenAsked = setInterval(() => {
          if (!account.front.calls.includes('emr-serverless:GetApplication')) return;
          clearInterval(whenAsked);
          child.kill('SIGINT');
        }, 20);
      },
    });
    expect(told).toMatch(
      /^gs-repartition: stopped while waiting for the application \w+\. Run the same command again: what was made is kept\.$/,
    );
    account.reset();
    await succeeding(words);
    // It waits for what the first run began to make: once to find it, then until it is there.
    expect(account.front.calls.filter((call) => call.endsWith(':GetApplication'))).toHaveLength(3);
    expect(account.front.writes).toEqual(['ecr:SetRepositoryPolicy']);
  });

  it('tells each step before it does it', async () => {
    account.front.faults.push({ call: /CreateRole/, times: 9, reply: DENIED });
    const { stderr } = await command(setup('--role-name told-before'));
    expect(stderr.split('\n')[0]).toMatch(
      /INFO: make the role told-before, which EMR Serverless may take on$/,
    );
  });
});

describe('a submission that breaks off', () => {
  it('after the upload: the next run does not upload again, and starts one job', async () => {
    writeFileSync(join(folder, 'new.py'), 'print("new")\n');
    const words = submit(`--entry-point ${join(folder, 'new.py')}`);
    account.front.faults.push({ call: /StartJobRun/, times: 9, reply: DENIED });
    expect(await failing(words, 1)).toContain('access denied while starting the job gs-processing');
    const before = account.front.jobs.size;
    account.reset();
    await succeeding(words);
    expect(account.front.writes).toEqual(['emr-serverless:StartJobRun']);
    expect(account.front.jobs.size).toBe(before + 1);
  });

  it('because the answer to the start was lost: it asks again, and there is one job', async () => {
    const before = account.front.jobs.size;
    account.front.faults.push({ call: /StartJobRun/, times: 1, reply: 'cut-answer' });
    await succeeding(submit());
    expect(account.front.writes).toEqual(['emr-serverless:StartJobRun', 'emr-serverless:StartJobRun']);
    expect(account.front.jobs.size).toBe(before + 1);
  });
});

describe('a job', () => {
  it('that dies: its reason and the driver’s last lines, exit code 4; submitted again it goes through', async () => {
    account.reset({
      script: ['RUNNING'],
      onRun: async (job) => {
        const log = `logs/applications/${job.applicationId}/jobs/${job.jobRunId}/SPARK_DRIVER/stderr.gz`;
        await account.put(log, gzipSync('Traceback (most recent call last):\n  x\nMemoryError: too much\n'));
        return { state: 'FAILED', details: 'Job failed, exit code 137' };
      },
    });
    const words = submit(`--wait --fallback none --log-uri ${account.url('logs')}`);
    expect(await failing(words, 4)).toMatch(
      /^gs-repartition: the job \w+ ended as FAILED: Job failed, exit code 137\. Correct the cause and submit it again\.$/,
    );
    account.reset({
      script: ['RUNNING', 'SUCCESS'],
      onRun: async () => {
        await account.writeRatings('output');
        return undefined;
      },
    });
    expect((await command(words)).code).toBe(3);
  });

  it('whose output cannot be aligned now: the line says how to go on, and that finishes it', async () => {
    account.reset({
      script: ['RUNNING', 'SUCCESS'],
      onRun: async () => {
        await account.writeRatings('half');
        return undefined;
      },
    });
    const output = account.url('half');
    // Parts are written; what publishes them is refused.
    account.front.faults.push({ call: /s3:PutObject/, times: 99, after: 4, reply: DENIED });
    expect(await failing(submit(`--wait --output-prefix ${output}`), 1)).toMatch(
      new RegExp(`The job itself is done; go on with: gs-repartition --input-prefix ${output}\\.$`),
    );
    await expect(engine.verify(output)).resolves.toMatchObject({ ready: false });
    account.reset();
    await succeeding(`--input-prefix ${output}`);
    expect(await engine.verify(output)).toMatchObject({ ready: true });
  });

  it('whose follower’s token expires in the middle: one warning, and it goes on with the new one', async () => {
    const file = join(folder, 'credentials');
    const write = (key: string): void =>
      writeFileSync(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`);
    write('FIRST');
    account.reset({
      script: ['RUNNING', 'SUCCESS'],
      onRun: async () => {
        await account.writeRatings('renewed');
        return undefined;
      },
    });
    let renewed = false;
    const { code, stdout, stderr } = await command(
      submit(`--wait --output-prefix ${account.url('renewed')}`),
      {
        env: {
          AWS_ACCESS_KEY_ID: undefined,
          AWS_SECRET_ACCESS_KEY: undefined,
          AWS_SHARED_CREDENTIALS_FILE: file,
        },
        watch: (text) => {
          if (text.includes('RUNNING after')) account.front.expiredKeys.add('FIRST');
          if (renewed || !text.includes('looking for new ones')) return;
          renewed = true;
          write('SECOND');
        },
      },
    );
    expect(stderr.match(/WARN: .*/g)).toEqual([
      expect.stringMatching(
        /^WARN: the credentials expired while looking at the job .*; looking for new ones$/,
      ),
    ]);
    expect(stdout).toContain('its output was aligned here');
    expect(code).toBe(0);
  }, 60_000);
});
