/** `--profile` for every service: nothing else says where the servers are, and with which keys. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Account, ACCOUNT, IMAGE } from './account.js';
import { command } from './cli.js';

let account: Account;
let folder: string;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  account = await Account.open();
  await account.pushImage();
  await account.writeRatings('graph');
  folder = mkdtempSync(join(tmpdir(), 'profile-'));
  const config = join(folder, 'config');
  writeFileSync(
    config,
    [
      // What a client that forgets the profile would do.
      '[default]',
      'endpoint_url = http://127.0.0.1:1',
      '[profile graphs]',
      'region = us-east-1',
      'aws_access_key_id = KEY-OF-PROFILE',
      'aws_secret_access_key = secret',
      `endpoint_url = ${account.front.endpoint}`,
    ].join('\n'),
  );
  env = { AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL: undefined, AWS_REGION: undefined };
});
beforeEach(() => account.reset());
afterAll(async () => {
  await account.close();
  rmSync(folder, { recursive: true });
});

const services = (): string[] => [...new Set(account.front.calls.map((call) => call.split(':')[0]!))].sort();

it('the set-up asks STS, IAM, ECR, EMR Serverless and S3', async () => {
  const words = `emr-serverless setup --bucket ${account.bucket} --image-uri ${IMAGE} --profile graphs`;
  const { code, stderr } = await command(words, { env });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(services()).toEqual(['ecr', 'emr-serverless', 'iam', 's3', 'sts']);
  expect([...account.front.signers]).toEqual(['KEY-OF-PROFILE']);
});

it('a job on SageMaker asks SageMaker, its quotas and its logs', async () => {
  account.front.quotas.set('ml.r5.4xlarge for processing job usage', 1);
  const words =
    `sagemaker submit --s3-input-prefix ${account.url('graph')} --image-uri ${IMAGE} --profile graphs --wait-for-job ` +
    `--role arn:aws:iam::${ACCOUNT}:role/service-role/sagemaker`;
  const { code } = await command(words, { env });
  // The job of this test aligns nothing.
  expect(code).toBe(3);
  expect(services()).toEqual(['logs', 's3', 'sagemaker', 'servicequotas']);
  expect([...account.front.signers]).toEqual(['KEY-OF-PROFILE']);
});

it.each([
  ['virtual', /^bucket-\w+\.s3\.company\.example$/],
  ['path', /^s3\.company\.example$/],
  ['auto', /^s3\.company\.example$/],
])('its s3.addressing_style %s decides where a bucket stands', async (style, host) => {
  const file = join(folder, 'styles');
  writeFileSync(
    file,
    `[default]\nendpoint_url = http://s3.company.example\ns3 =\n  addressing_style = ${style}\n`,
  );
  const from = account.front.requests.length;
  // What a proxy is asked for is all that is looked at.
  await command(`status --input-prefix ${account.url('graph')} --max-attempts 1`, {
    env: { ...env, AWS_CONFIG_FILE: file, HTTP_PROXY: account.front.endpoint, AWS_REGION: 'us-east-1' },
  });
  const asked = account.front.requests.splice(from);
  expect(asked.map(({ headers }) => headers.host)).toContainEqual(expect.stringMatching(host));
});
