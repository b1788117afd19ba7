/** `gs-repartition image build` and `push`, with a docker that stands for the real one. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Account, ACCOUNT, REGION } from './account.js';
import { command, type Ran } from './cli.js';
import { ImageTools } from './image-tools.js';

const REGISTRY = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;
const NAME = 'graphstorm-processing-emr-serverless:0.5.1-x86_64';

let account: Account;
let folder: string;
let tools: ImageTools;

beforeAll(async () => {
  account = await Account.open();
  folder = mkdtempSync(join(tmpdir(), 'gs-image-'));
});
beforeEach(() => {
  account.reset();
  const own = mkdtempSync(join(folder, 'test-'));
  tools = new ImageTools(own);
});
afterAll(async () => {
  await account.close();
  rmSync(folder, { recursive: true });
});

function image(line: string, env: Record<string, string> = {}): Promise<Ran> {
  return command(`image ${line} --graphstorm ${tools.checkout}`, { env: { PATH: tools.path, ...env } });
}

it('builds by the checkout’s script, once', async () => {
  const dry = await image('build --environment emr-serverless --image-version 0.5.1 --dry-run');
  const script = join(tools.checkout, 'graphstorm-processing', 'docker', 'build_gsprocessing_image.sh');
  const { steps } = JSON.parse(dry.stdout) as { steps: { request: { input: object } }[] };
  expect(steps.map(({ request }) => request.input)).toEqual([
    {
      command: [
        ...['bash', script, '--environment', 'emr-serverless', '--version', '0.5.1'],
        ...['--architecture', 'x86_64'],
      ],
    },
  ]);
  expect(tools.calls).toEqual([]);

  const built = await image(
    'build --environment emr-serverless --image-version 0.5.1 --suffix=-mine --hf-model bert',
  );
  expect(built.stderr).toContain(`INFO: Build a Docker image ${NAME}-mine\n`);
  expect(built.stdout).toBe(`The image ${NAME}-mine is built.\n`);
  expect(built.code).toBe(0);
  const [{ words } = { words: [] }] = tools.calls;
  expect(words.slice(0, 3)).toEqual(['build', '--platform', 'linux/x86_64']);
  expect(words).toContain('MODEL=bert');

  const again = await image('build --environment emr-serverless --image-version 0.5.1 --suffix=-mine');
  expect(again.stdout).toBe(
    `The image ${NAME}-mine is there already, made 2026-01-02T03:04:05.678Z; --rebuild builds it again.\n`,
  );
  expect(tools.calls).toHaveLength(1);
  await image('build --environment emr-serverless --image-version 0.5.1 --suffix=-mine --rebuild');
  expect(tools.calls).toHaveLength(2);
});

it('takes the newest version that the checkout has for the environment, by number', async () => {
  expect((await image('build --environment sagemaker')).stdout).toBe(
    'The image graphstorm-processing-sagemaker:0.10.0-x86_64 is built.\n',
  );
  expect((await image('build --environment emr-serverless')).stdout).toBe(`The image ${NAME} is built.\n`);
});

it('pushes to a repository that it makes and logs in to, once', async () => {
  await image('build --environment sagemaker');
  const dry = await image('push --environment sagemaker --dry-run');
  const { steps } = JSON.parse(dry.stdout) as { steps: { request: { operation: string } }[] };
  expect(steps.map(({ request }) => request.operation)).toEqual(['CreateRepository', 'Run', 'Run']);
  expect(account.front.writes).toEqual([]);

  const pushed = await image('push --environment sagemaker');
  const uri = `${REGISTRY}/graphstorm-processing-sagemaker:0.10.0-x86_64`;
  expect(pushed.stdout).toMatch(
    new RegExp(
      `^The image is in ECR\\.\n {2}image {3}${uri.replaceAll('.', '\\.')}\n {2}digest {2}sha256:[0-9a-f]{64}\n$`,
    ),
  );
  expect(pushed.code).toBe(0);
  expect(account.front.writes).toEqual(['ecr:CreateRepository', 'ecr:PutImage', 'ecr:PutImage']);
  const login = tools.calls.find(({ words }) => words[0] === 'login');
  expect(login?.words).toEqual(['login', '--username', 'AWS', '--password-stdin', REGISTRY]);
  // What ECR gave, and neither on a command line nor in what is printed.
  expect(login?.input).toBe(`${ACCOUNT}-auth-token`);
  expect(pushed.stdout + pushed.stderr).not.toContain('auth-token');

  const calls = tools.calls.length;
  account.reset();
  const again = await image('push --environment sagemaker --json');
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 'there', imageUri: uri, steps: [] });
  expect(account.front.writes).toEqual([]);
  expect(tools.calls).toHaveLength(calls);

  // Another image under the same name is another image.
  await image('build --environment sagemaker --rebuild');
  expect((await image('push --environment sagemaker')).stdout).toContain('The image is in ECR.\n');
}, 60_000);

it.each(['build', 'push'])('%s without docker: one line', async (verb) => {
  const bare = mkdtempSync(join(folder, 'bare-'));
  mkdirSync(join(bare, 'bin'));
  const { code, stderr } = await image(`${verb} --environment emr-serverless`, { PATH: join(bare, 'bin') });
  const programs = verb === 'build' ? 'docker, aws and rsync are' : 'docker and aws are';
  expect(stderr).toMatch(
    new RegExp(
      `^gs-repartition: ${programs} not on the PATH: \\S+/${verb}_gsprocessing_image\\.sh needs them\\. Install them, or run this where they are\\.\n$`,
    ),
  );
  expect(code).toBe(1);
});

it.each([
  [
    'build --environment sagemaker --architecture arm64',
    2,
    'SageMaker Processing runs no images for arm64. Leave --architecture out.',
  ],
  [
    'build --environment emr-serverless --image-version 9.9.9',
    1,
    /docker has no image of GSProcessing 9\.9\.9 for emr-serverless\. It has 0\.2\.2, 0\.5\.1: give one of these as --image-version, or check out a GraphStorm that has it\.\n$/,
  ],
  [
    'push --environment emr-serverless',
    1,
    `there is no image ${NAME}, neither here nor in ECR. Build it first: gs-repartition image build --environment emr-serverless --graphstorm `,
  ],
  [
    'build --environment emr-serverless --suffix a/b',
    2,
    'not the end of an image\'s tag: "a/b". Use letters, digits and . _ - for --suffix.',
  ],
])('%s: one line', async (line, exit, told) => {
  const { code, stderr } = await image(line);
  if (typeof told === 'string') expect(stderr).toContain(told);
  else expect(stderr).toMatch(told);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(exit);
});

it('a folder that is no checkout: one line', async () => {
  const { code, stderr } = await command('image build --environment sagemaker --graphstorm /nowhere', {
    env: { PATH: tools.path },
  });
  expect(stderr).toMatch(
    /^gs-repartition: \/nowhere is no checkout of GraphStorm\. Give --graphstorm the folder/,
  );
  expect(code).toBe(1);
});

it('a script that fails: its last word', async () => {
  const script = 'graphstorm-processing/docker/build_gsprocessing_image.sh';
  tools.write(script, '#!/bin/sh\necho "building" >&2\necho "ERROR: no space left on device" >&2\nexit 17\n');
  const { code, stderr } = await image('build --environment sagemaker');
  expect(stderr).toContain('INFO: building\n');
  expect(stderr).toMatch(
    /gs-repartition: \S+build_gsprocessing_image\.sh ended with exit code 17: ERROR: no space left on device\. Correct/,
  );
  expect(code).toBe(1);
});

it('a docker that does not run: its reason', async () => {
  tools.program(
    'docker',
    'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1',
  );
  const { stderr } = await image('build --environment sagemaker');
  expect(stderr).toContain(
    'gs-repartition: docker image inspect ended with exit code 1: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.',
  );
});

// Scripts of GraphStorm are not ours to keep: `GRAPHSTORM=<checkout> npx vitest run test/aws/image.test.ts`.
it.runIf(process.env['GRAPHSTORM'] !== undefined)(
  'the scripts of a real checkout',
  async () => {
    tools.program('rsync', 'mkdir -p "$3" && cp -r "$2/." "$3"');
    const real = (line: string): Promise<Ran> =>
      command(
        `image ${line} --environment sagemaker --graphstorm ${process.env['GRAPHSTORM'] ?? ''} --suffix=-real`,
        {
          env: { PATH: tools.path },
        },
      );
    const built = await real('build');
    expect(built.stderr + built.stdout).toMatch(
      /\nThe image graphstorm-processing-sagemaker:\d+\.\d+\.\d+-x86_64-real is built\.\n$/,
    );
    const pushed = await real('push');
    expect(pushed.stdout).toContain('The image is in ECR.\n');
    expect((await real('push')).stdout).toContain('The image is in ECR already.\n');
    // To the registry of the base image, ours, and ours once more by the script.
    expect(tools.calls.filter(({ words }) => words[0] === 'login').map(({ words }) => words.at(-1))).toEqual([
      '153931337802.dkr.ecr.us-west-2.amazonaws.com',
      REGISTRY,
      REGISTRY,
    ]);
  },
  120_000,
);
