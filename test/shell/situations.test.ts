/**
 * The habits of shells in which people run us: profiles, keys, proxies, authorities, roles. Each is tried with the AWS
 * command line and with ours, and docs/aws.md shows what both said: `WRITE_DOCS=1` writes it anew.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { moviesFolder } from '../s3/kit.js';
import { type Fault, type Proxy, type ProxiedRequest, startProxy } from '../s3/proxy.js';
import { type S3Server, startMoto } from '../s3/servers.js';
import { markedRegion } from '../support/marked-region.js';
import {
  type CompanyProxy,
  type Listening,
  startAwsHosts,
  startClosingProxy,
  startCompanyProxy,
  startContainerCredentials,
  startInstanceMetadata,
} from './network.js';
import { Shell, type Variables } from './shell.js';
import { outcomeOf, tableOf } from './told.js';

const BUCKET = 'my-graphs';
const REGION = 'us-east-1';
const KEYS = { AWS_ACCESS_KEY_ID: 'KEY-OF-ENVIRONMENT', AWS_SECRET_ACCESS_KEY: 'secret' };
const PRINCIPAL = 'arn:aws:sts::123456789012:assumed-role/graphs/i-0abc';
const GRAPH = `s3://${BUCKET}/papers`;
const LIST = `s3 ls ${GRAPH}/`;
const PLAN = `plan --input-prefix ${GRAPH}`;
const LIST_APPLICATIONS = 'emr-serverless list-applications';
const LIST_OURS = 'emr-serverless list';

let moto: S3Server;
/** In front of moto: writes down what is asked, and lets things go wrong. */
let server: Proxy;
let hosts: Listening;
let proxy: CompanyProxy;
let strictProxy: CompanyProxy;
let closingProxy: Listening;
let metadata: Listening;
let container: Listening;
let certificates: string;
let shell: Shell;

beforeAll(async () => {
  certificates = mkdtempSync(join(tmpdir(), 'certificates-'));
  shell = new Shell();
  moto = await startMoto();
  server = await startProxy(moto.endpoint);
  hosts = await startAwsHosts(certificates, server.endpoint);
  proxy = await startCompanyProxy(hosts);
  strictProxy = await startCompanyProxy(hosts, 'me:secret-of-mine');
  closingProxy = await startClosingProxy();
  metadata = await startInstanceMetadata('KEY-OF-INSTANCE');
  container = await startContainerCredentials('KEY-OF-CONTAINER', TOKEN);
  await putGraph();
}, 120_000);
afterAll(async () => {
  await Promise.all([proxy, strictProxy, closingProxy, metadata, container].map((one) => one.stop()));
  await hosts.stop();
  await server.stop();
  await moto.stop();
  shell.close();
  rmSync(certificates, { recursive: true });
});
beforeEach(() => {
  server.reset();
  proxy.asked.length = 0;
  strictProxy.asked.length = 0;
  shell.configure({});
});

/** The edges of one type; under `old` the same, with a part in an archive. */
async function putGraph(): Promise<void> {
  const s3 = new S3Client({ endpoint: moto.endpoint, region: REGION, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const all = JSON.parse(await readFile(join(moviesFolder, 'metadata.json'), 'utf8')) as {
    edges: Record<string, { data: string[] }>;
  };
  const type = 'movie:rated:rating';
  const metadata = { edge_type: [type], node_type: ['movie', 'rating'], edges: { [type]: all.edges[type] } };
  for (const prefix of ['papers', 'old']) {
    const put = (Key: string, Body: Uint8Array | string, archived = false): Promise<unknown> =>
      s3.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: `${prefix}/${Key}`,
          Body,
          ...(archived ? { StorageClass: 'GLACIER' } : {}),
        }),
      );
    await put('metadata.json', JSON.stringify(metadata));
    for (const [i, path] of (all.edges[type]?.data ?? []).entries()) {
      await put(path, await readFile(join(moviesFolder, path)), prefix === 'old' && i === 1);
    }
  }
  s3.destroy();
}

interface Situation {
  /** As the table has it. */
  name: string;
  variables?: () => Variables;
  /** Written before: the shared configuration files and whatever else. */
  given?: () => void;
  /** Arguments; the graph's prefix is listed, and planned, unless others are given. */
  commands?: readonly [aws: string, ours: string];
  /** S3's answer to all requests but those about others. */
  faults?: (request: ProxiedRequest) => Fault | undefined;
  /** What is worth telling of the requests, as in "signed by X". */
  look?: () => string;
  /** What each must say, or `works`. */
  aws: RegExp;
  ours: RegExp;
}

/** By the situation's name: what the two said. */
const said = new Map<string, { aws: string; ours: string }>();

/** Runs a situation with both. */
async function compare(situation: Situation): Promise<void> {
  const { name, variables = () => ({}), commands = [LIST, PLAN] } = situation;
  const told: string[] = [];
  for (const run of [shell.aws.bind(shell), shell.ours.bind(shell)]) {
    server.reset(situation.faults);
    proxy.asked.length = 0;
    strictProxy.asked.length = 0;
    shell.configure({});
    situation.given?.();
    const ran = await run(commands[told.length]!, { ...toMoto(), ...KEYS, ...variables() });
    told.push([outcomeOf(ran), situation.look?.() ?? ''].filter(Boolean).join('; '));
  }
  const [aws = '', ours = ''] = told.map(anonymous);
  said.set(name, { aws, ours });
  expect(aws).toMatch(situation.aws);
  expect(ours).toMatch(situation.ours);
}

/** Plain, and without a proxy: what most situations are about. */
function toMoto(): Variables {
  return { AWS_ENDPOINT_URL: server.endpoint, AWS_DEFAULT_REGION: REGION };
}

/** AWS itself, behind the company's proxy and authority. */
function throughProxy(more: Variables = {}): Variables {
  return { AWS_ENDPOINT_URL: undefined, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: ca(), ...more };
}

function ca(): string {
  return join(certificates, 'ca.pem');
}

/** Without what differs from run to run. */
function anonymous(text: string): string {
  return text
    .replaceAll(shell.home, '~')
    .replaceAll(certificates, '/etc/company')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:9000')
    .replace(/ \(_ssl\.c:\d+\)/, '');
}

/** What a pattern finds in the signatures of the requests that came: in a header, or in the URL where it was signed beforehand. */
function signatures(pattern: RegExp): string {
  const found = server.seen.map(
    ({ headers, url }) => pattern.exec(headers.authorization ?? decodeURIComponent(url))?.[1],
  );
  return [...new Set(found.filter(Boolean))].join(', ');
}

/** Access keys of the requests that came. */
function signers(): string {
  return `signed by ${signatures(/Credential=([^/]+)/)}`;
}

function regions(): string {
  return `in ${signatures(/Credential=[^/]+\/\d+\/([^/]+)/)}`;
}

/** What EMR Serverless is asked for where the profile alone says who, where and which server. */
const FOUND_BY_PROFILE = {
  commands: [`${LIST_APPLICATIONS} --profile graphs`, `${LIST_OURS} --profile graphs`],
  variables: () => ({ AWS_ENDPOINT_URL: undefined, AWS_DEFAULT_REGION: undefined }),
  look: signers,
  aws: /^works; signed by KEY-OF-PROFILE$/,
  ours: /^works; signed by KEY-OF-PROFILE$/,
} satisfies Partial<Situation>;

function attempts(): string {
  const { length } = server.seen;
  return `${length} attempt${length === 1 ? '' : 's'}`;
}

/** How the proxy was asked, each way once. */
function asked(): string {
  const ways = [...proxy.asked, ...strictProxy.asked].map((one) =>
    one.replace(/\?.*/, '').replace(/(GET|HEAD) (http:..[^/]*).*/, '$1 $2'),
  );
  return ways.length === 0 ? 'past the proxy' : `through the proxy (${[...new Set(ways)].sort().join(', ')})`;
}

const refuse = (status: number, code: string, message: string): Fault => ({
  kind: 'reply',
  status,
  code,
  message,
});
/** As the services that speak JSON put it. */
const jsonError = (status: number, type: string, message: string): Fault => ({
  kind: 'replace-reply',
  status,
  body: JSON.stringify({ __type: type, message }),
  type: 'application/json',
});
/** What a company's proxy answers to who has not logged in, or is not let through. */
const LOGIN_PAGE: Fault = {
  kind: 'replace-reply',
  status: 403,
  body: '<!DOCTYPE html><html><body>Please log in</body></html>',
  type: 'text/html; charset=utf-8',
};
const always = (fault: Fault) => (): Fault => fault;

const TOKEN = 'a-token-of-the-container';
const SSO_START = 'https://company.awsapps.com/start';
const NO_KEYS = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
const keysIn = (key: string): string => `aws_access_key_id = ${key}\naws_secret_access_key = secret\n`;
const keysOf = (profile: string, key: string): string => `[${profile}]\n${keysIn(key)}`;

function credentialProcess(): string {
  const keys = { Version: 1, AccessKeyId: 'KEY-OF-PROCESS', SecretAccessKey: 'secret' };
  return shell.write('credentials.sh', `#!/bin/sh\necho '${JSON.stringify(keys)}'\n`, 0o755);
}

/** A profile of IAM Identity Center, whose person has logged in: the token lies where `aws sso login` puts it. */
function configureSso(expiresAt: Date): void {
  shell.configure({
    config: [
      '[profile sso]\nsso_session = company\nsso_account_id = 123456789012\nsso_role_name = graphs',
      `[sso-session company]\nsso_start_url = ${SSO_START}\nsso_region = ${REGION}\n`,
    ].join('\n'),
  });
  const name = createHash('sha1').update('company').digest('hex');
  const token = {
    startUrl: SSO_START,
    region: REGION,
    accessToken: 'a-token',
    expiresAt: expiresAt.toISOString(),
  };
  shell.write(`.aws/sso/cache/${name}.json`, JSON.stringify(token));
}

/** What IAM Identity Center answers to who asks for the keys of a role. */
function ssoCredentials({ path, headers }: ProxiedRequest): Fault | undefined {
  if (!path.startsWith('federation/credentials')) return undefined;
  if (headers['x-amz-sso_bearer_token'] !== 'a-token')
    return refuse(401, 'UnauthorizedException', 'no such token');
  const roleCredentials = {
    accessKeyId: 'KEY-OF-SSO',
    secretAccessKey: 'secret',
    sessionToken: 'of-sso',
    expiration: Date.now() + 3_600_000,
  };
  return { kind: 'reply-200', body: JSON.stringify({ roleCredentials }) };
}

/** Chapters of the page, with their situations. */
const CHAPTERS: Record<string, Situation[]> = {
  refusals: [
    {
      name: 'a token that has expired',
      faults: always(refuse(400, 'ExpiredToken', 'The provided token has expired.')),
      aws: /\(ExpiredToken\)/,
      ours: /^the credentials expired while opening s3:\/\/my-graphs \(ExpiredToken: The provided token has expired\)/,
    },
    {
      name: 'a wrong secret',
      faults: always(
        refuse(
          403,
          'SignatureDoesNotMatch',
          'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        ),
      ),
      aws: /\(SignatureDoesNotMatch\)/,
      ours: /^S3 does not accept the credentials \(SignatureDoesNotMatch: The request signature we calculated/,
    },
    {
      name: 'a key that is not there',
      faults: always(
        refuse(
          403,
          'InvalidAccessKeyId',
          'The AWS Access Key Id you provided does not exist in our records.',
        ),
      ),
      aws: /\(InvalidAccessKeyId\)/,
      ours: /^S3 does not accept the credentials \(InvalidAccessKeyId: /,
    },
    {
      name: 'a clock that is wrong',
      faults: always(
        refuse(
          403,
          'RequestTimeTooSkewed',
          'The difference between the request time and the current time is too large.',
        ),
      ),
      aws: /\(RequestTimeTooSkewed\)/,
      ours: /^this machine's clock is wrong \(RequestTimeTooSkewed: The difference/,
    },
    {
      // MinIO's name for it.
      name: 'a session token that the server does not know',
      faults: always(refuse(403, 'InvalidTokenId', 'The security token included in the request is invalid')),
      aws: /\(InvalidTokenId\)/,
      ours: /^S3 does not accept the credentials \(InvalidTokenId: The security token included in the request is invalid\)\. Set up/,
    },
    {
      name: 'EMR Serverless, and a clock that is wrong',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      faults: always(
        jsonError(
          403,
          'InvalidSignatureException',
          'Signature expired: 20261126T170000Z is now earlier than 20261126T171500Z (20261126T172000Z - 5 min.)',
        ),
      ),
      aws: /\(InvalidSignatureException\)/,
      ours: /^this machine's clock is wrong \(InvalidSignatureException: Signature expired: /,
    },
    {
      name: 'a bucket of another region than `--region` says',
      commands: [`${LIST} --region us-west-2`, `${PLAN} --region us-west-2`],
      faults: always(
        refuse(
          400,
          'AuthorizationHeaderMalformed',
          "The authorization header is malformed; the region 'us-west-2' is wrong; expecting 'eu-west-1'",
        ),
      ),
      aws: /\(AuthorizationHeaderMalformed\)/,
      ours: /: its bucket is in eu-west-1 \(AuthorizationHeaderMalformed: .*\)\. Leave out --region, or use --region eu-west-1\.$/,
    },
    {
      name: 'a role that may not read',
      commands: [`s3 cp ${GRAPH}/metadata.json -`, PLAN],
      faults: ({ operation }) =>
        /^(Get|Head)Object$/.test(operation)
          ? refuse(
              403,
              'AccessDenied',
              `User: ${PRINCIPAL} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::my-graphs/papers/metadata.json" because no identity-based policy allows the s3:GetObject action`,
            )
          : undefined,
      aws: /Forbidden/,
      ours: /^access denied while reading s3:\/\/my-graphs\/papers\/metadata\.json \(AccessDenied: User: .* Give arn:aws:sts::123456789012:assumed-role\/graphs\/i-0abc the permission s3:GetObject\.$/,
    },
    {
      name: 'a bucket’s policy that denies',
      faults: ({ operation }) =>
        operation === 'ListObjectsV2' || operation.endsWith('Object')
          ? refuse(
              403,
              'AccessDenied',
              `User: ${PRINCIPAL} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::my-graphs" with an explicit deny in a resource-based policy`,
            )
          : undefined,
      aws: /explicit deny/,
      ours: /A policy denies s3:ListBucket to arn:aws:sts::123456789012:assumed-role\/graphs\/i-0abc: ask who wrote it\.$/,
    },
    {
      name: 'the policy of a VPC endpoint that does not allow it',
      commands: [`s3 cp ${GRAPH}/metadata.json -`, PLAN],
      faults: ({ operation }) =>
        /^(Get|Head)Object$/.test(operation)
          ? refuse(
              403,
              'AccessDenied',
              `User: ${PRINCIPAL} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::my-graphs/papers/metadata.json" because no VPC endpoint policy allows the s3:GetObject action`,
            )
          : undefined,
      aws: /Forbidden/,
      ours: /Have the VPC endpoint policy allow s3:GetObject to arn:aws:sts::123456789012:assumed-role\/graphs\/i-0abc\.$/,
    },
    {
      name: 'a role that may not use the KMS key',
      commands: [`s3 cp ${GRAPH}/metadata.json -`, PLAN],
      faults: ({ operation }) =>
        /^(Get|Head)Object$/.test(operation)
          ? refuse(
              403,
              'AccessDenied',
              `User: ${PRINCIPAL} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action`,
            )
          : undefined,
      aws: /Forbidden/,
      ours: /Give arn:aws:sts::123456789012:assumed-role\/graphs\/i-0abc the permission kms:Decrypt on the KMS key that encrypts the object\.$/,
    },
    {
      name: 'a part in an archive',
      commands: [`s3 cp s3://my-graphs/old/ . --recursive`, 'plan --input-prefix s3://my-graphs/old'],
      aws: /GLACIER/,
      ours: /^s3:\/\/my-graphs\/old\/edges\/.* is archived \(GLACIER\), as the only one of \d parts to align \(a part of edges of movie:rated:rating\)\. .*aws s3api restore-object --bucket my-graphs --key old\/edges\//,
    },
  ],

  network: [
    {
      name: '`HTTPS_PROXY`, and the company’s authority in `AWS_CA_BUNDLE`',
      variables: () => throughProxy(),
      look: asked,
      aws: /^works; through the proxy \(CONNECT my-graphs\.s3\.amazonaws\.com:443\)/,
      ours: /^works; through the proxy \(CONNECT my-graphs\.s3\.us-east-1\.amazonaws\.com:443\)/,
    },
    {
      name: '`https_proxy` beside another `HTTPS_PROXY`',
      variables: () => throughProxy({ https_proxy: proxy.url, HTTPS_PROXY: 'http://127.0.0.1:1' }),
      look: asked,
      aws: /^works; through/,
      ours: /^works; through/,
    },
    {
      name: '`ca_bundle` of the profile',
      given: () => shell.configure({ config: `[default]\nca_bundle = ${ca()}\n` }),
      variables: () => throughProxy({ AWS_CA_BUNDLE: undefined }),
      look: asked,
      aws: /^works; through/,
      ours: /^works; through/,
    },
    {
      name: 'EMR Serverless through the proxy',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      variables: () => throughProxy(),
      look: asked,
      aws: /^works; through the proxy \(CONNECT emr-serverless\.us-east-1\.amazonaws\.com:443\)/,
      ours: /^works; through the proxy \(CONNECT emr-serverless\.us-east-1\.amazonaws\.com:443\)/,
    },
    {
      name: '… with `~` in it',
      given: () => {
        shell.write('ca.pem', readFileSync(ca(), 'utf8'));
        shell.configure({ config: '[default]\nca_bundle = ~/ca.pem\n' });
      },
      variables: () => throughProxy({ AWS_CA_BUNDLE: undefined }),
      look: asked,
      aws: /^works; through/,
      ours: /^works; through/,
    },
    {
      name: '`HTTP_PROXY`, for a server without TLS',
      variables: () => ({ HTTP_PROXY: proxy.url }),
      look: asked,
      aws: /^works; through the proxy \(GET http:\/\/127/,
      ours: /^works; through the proxy \(GET http:\/\/127.*HEAD http:/,
    },
    {
      name: 'a host in `NO_PROXY`',
      variables: () => ({ HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'example.com,127.0.0.1' }),
      look: asked,
      aws: /^works; past the proxy/,
      ours: /^works; past the proxy/,
    },
    {
      name: 'a proxy that wants a password, and gets it',
      variables: () => throughProxy({ HTTPS_PROXY: strictProxy.url.replace('//', '//me:secret-of-mine@') }),
      look: asked,
      aws: /^works; through/,
      ours: /^works; through/,
    },
    {
      name: 'a proxy that wants a password',
      variables: () => throughProxy({ HTTPS_PROXY: strictProxy.url, AWS_MAX_ATTEMPTS: '1' }),
      aws: /proxy/,
      ours: /^no connection through the proxy http:\/\/127\.0\.0\.1:9000 while opening s3:\/\/my-graphs: the proxy answered 407 Proxy Authentication Required\. Check HTTPS_PROXY/,
    },
    {
      name: 'a proxy that is not there',
      variables: () =>
        throughProxy({ HTTPS_PROXY: 'http://me:secret-of-mine@127.0.0.1:1', AWS_MAX_ATTEMPTS: '1' }),
      aws: /proxy/,
      ours: /^the connection failed through the proxy http:\/\/127\.0\.0\.1:9000 while opening s3:\/\/my-graphs: ECONNREFUSED .* Check HTTPS_PROXY/,
    },
    {
      name: 'a proxy that hangs up',
      variables: () => throughProxy({ HTTPS_PROXY: closingProxy.url, AWS_MAX_ATTEMPTS: '1' }),
      aws: /proxy|closed/i,
      ours: /^the connection failed through the proxy http:\/\/127\.0\.0\.1:9000 while opening s3:\/\/my-graphs: ECONNRESET .* Check HTTPS_PROXY/,
    },
    {
      name: 'EMR Serverless, and a proxy that hangs up',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      variables: () => throughProxy({ HTTPS_PROXY: closingProxy.url, AWS_MAX_ATTEMPTS: '1' }),
      aws: /proxy|closed/i,
      ours: /^the connection failed through the proxy http:\/\/127\.0\.0\.1:9000 while listing applications: ECONNRESET .* Check HTTPS_PROXY/,
    },
    {
      name: 'a page of the network in place of an answer',
      faults: always(LOGIN_PAGE),
      aws: /An error occurred/,
      ours: /^something other than the service answered while opening s3:\/\/my-graphs: HTTP 403, .*\. Check --endpoint-url, HTTPS_PROXY/,
    },
    {
      name: 'EMR Serverless, and such a page',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      faults: always(LOGIN_PAGE),
      aws: /An error occurred \(403\)/,
      ours: /^something other than the service answered while listing applications: HTTP 403, .*\. Check --endpoint-url, HTTPS_PROXY/,
    },
    {
      name: 'the company’s authority, which nobody named',
      variables: () => ({ AWS_ENDPOINT_URL: hosts.url, AWS_MAX_ATTEMPTS: '1' }),
      aws: /SSL validation failed/,
      ours: /^no secure connection while opening s3:\/\/my-graphs: .*name a file with that authority’s in AWS_CA_BUNDLE, or as ca_bundle of the profile\.$/,
    },
    {
      name: 'EMR Serverless, and the authority nobody named',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      variables: () => ({ AWS_ENDPOINT_URL: hosts.url, AWS_MAX_ATTEMPTS: '1' }),
      aws: /SSL validation failed/,
      ours: /^no secure connection while listing applications: .*AWS_CA_BUNDLE/,
    },
    {
      name: 'a CA bundle that is not there',
      variables: () => ({
        AWS_ENDPOINT_URL: hosts.url,
        AWS_CA_BUNDLE: '/nowhere/ca.pem',
        AWS_MAX_ATTEMPTS: '1',
      }),
      aws: /No such file/,
      ours: /^the CA bundle \/nowhere\/ca\.pem \(AWS_CA_BUNDLE\) is not there\./,
    },
    {
      name: '… and a server without TLS',
      variables: () => ({ AWS_CA_BUNDLE: '/nowhere/ca.pem' }),
      aws: /^works$/,
      ours: /^works$/,
    },
  ],
  profiles: [
    {
      name: 'keys in the environment, and `AWS_PROFILE`',
      given: () => shell.configure({ credentials: keysOf('graphs', 'KEY-OF-PROFILE') }),
      variables: () => ({ AWS_PROFILE: 'graphs' }),
      look: signers,
      aws: /^works; signed by KEY-OF-ENVIRONMENT$/,
      ours: /^works; signed by KEY-OF-ENVIRONMENT$/,
    },
    {
      name: 'keys in the environment, and `--profile`',
      given: () => shell.configure({ credentials: keysOf('graphs', 'KEY-OF-PROFILE') }),
      commands: [`${LIST} --profile graphs`, `${PLAN} --profile graphs`],
      look: signers,
      aws: /^works; signed by KEY-OF-PROFILE$/,
      ours: /^works; signed by KEY-OF-PROFILE$/,
    },
    {
      name: '`AWS_DEFAULT_REGION`',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      variables: () => ({ AWS_DEFAULT_REGION: 'eu-west-1' }),
      look: regions,
      aws: /^works; in eu-west-1$/,
      ours: /^works; in eu-west-1$/,
    },
    {
      name: 'no region',
      commands: [LIST_APPLICATIONS, LIST_OURS],
      variables: () => ({ AWS_DEFAULT_REGION: undefined }),
      aws: /region/i,
      ours: /^no AWS region is set\. Give --region, or set AWS_REGION or the region of the profile\.$/,
    },
    {
      name: '`--profile` with an `endpoint_url`, EMR Serverless',
      given: () =>
        shell.configure({
          config:
            `[profile graphs]\nregion = us-east-1\nendpoint_url = ${server.endpoint}\n` +
            keysIn('KEY-OF-PROFILE'),
        }),
      ...FOUND_BY_PROFILE,
    },
    {
      name: '`--profile` with `services`, EMR Serverless',
      given: () =>
        shell.configure({
          config:
            `[profile graphs]\nregion = us-east-1\nservices = here\n${keysIn('KEY-OF-PROFILE')}` +
            `[services here]\nemr_serverless =\n  endpoint_url = ${server.endpoint}\ns3 =\n  endpoint_url = http://127.0.0.1:1\n`,
        }),
      ...FOUND_BY_PROFILE,
    },
    {
      name: '`--profile` with `services` that are written nowhere',
      given: () =>
        shell.configure({
          config: `[profile graphs]\nregion = us-east-1\nservices = there\nendpoint_url = ${server.endpoint}\n${keysIn('KEY-OF-PROFILE')}`,
        }),
      ...FOUND_BY_PROFILE,
      look: () => '',
      aws: /the "there" services configuration does not exist/,
      ours: /^the profile graphs has services = there, and ~\/\.aws\/config has no \[services there\]\. /,
    },
    {
      name: '… which an endpoint of the environment makes needless',
      given: () =>
        shell.configure({
          config: `[profile graphs]\nregion = us-east-1\nservices = there\n${keysIn('KEY-OF-PROFILE')}`,
        }),
      ...FOUND_BY_PROFILE,
      variables: () => ({ AWS_DEFAULT_REGION: undefined }),
    },
    {
      name: '`--profile` without an `endpoint_url`, which the profile `default` has',
      given: () =>
        shell.configure({
          config: `[default]\nendpoint_url = http://127.0.0.1:1\n[profile graphs]\nregion = us-east-1\n${keysIn('KEY-OF-PROFILE')}`,
        }),
      commands: [`${LIST} --profile graphs`, `${PLAN} --profile graphs`],
      variables: () => throughProxy({ AWS_DEFAULT_REGION: undefined }),
      look: () => `${asked()}, ${signers()}`,
      aws: /^works; through the proxy \(CONNECT my-graphs\.s3.*signed by KEY-OF-PROFILE$/,
      ours: /^works; through the proxy \(CONNECT my-graphs\.s3.*signed by KEY-OF-PROFILE$/,
    },
    {
      name: '`--profile` with a role to take on, at its `endpoint_url`',
      given: () =>
        shell.configure({
          config: `[profile graphs]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/graphs\nsource_profile = me\nendpoint_url = ${server.endpoint}\n`,
          credentials: keysOf('me', 'KEY-OF-SOURCE'),
        }),
      commands: [`${LIST} --profile graphs`, `${PLAN} --profile graphs`],
      variables: () => ({ AWS_ENDPOINT_URL: undefined, AWS_DEFAULT_REGION: undefined }),
      look: () => signers().replace(/ASIA\w+/g, 'the role’s key'),
      aws: /^works; signed by KEY-OF-SOURCE, the role’s key$/,
      ours: /^works; signed by KEY-OF-SOURCE, the role’s key$/,
    },
    {
      name: '`--profile nope`',
      commands: [`${LIST} --profile nope`, `${PLAN} --profile nope`],
      aws: /The config profile \(nope\) could not be found/,
      ours: /^there is no profile nope in ~\/\.aws\/config or ~\/\.aws\/credentials\./,
    },
    {
      name: '`AWS_PROFILE=nope`',
      variables: () => ({ AWS_PROFILE: 'nope' }),
      aws: /The config profile \(nope\) could not be found/,
      ours: /^there is no profile nope \(AWS_PROFILE\) in /,
    },
    {
      name: '`AWS_ACCESS_KEY_ID` without its secret, and a profile with keys',
      given: () => shell.configure({ credentials: keysOf('default', 'KEY-OF-PROFILE') }),
      variables: () => ({ AWS_SECRET_ACCESS_KEY: undefined }),
      aws: /^Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY/,
      ours: /^no credentials while opening s3:\/\/my-graphs: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not\./,
    },
    {
      name: 'a profile with a key and no secret',
      given: () => shell.configure({ credentials: '[default]\naws_access_key_id = KEY-OF-PROFILE\n' }),
      variables: () => NO_KEYS,
      aws: /^Partial credentials found in shared-credentials-file, missing: aws_secret_access_key/,
      ours: /^no credentials while opening s3:\/\/my-graphs: the profile default has an aws_access_key_id and no aws_secret_access_key\./,
    },
    {
      name: 'a `credential_process`',
      given: () => shell.configure({ config: `[default]\ncredential_process = ${credentialProcess()}\n` }),
      variables: () => NO_KEYS,
      look: signers,
      aws: /^works; signed by KEY-OF-PROCESS$/,
      ours: /^works; signed by KEY-OF-PROCESS$/,
    },
    {
      name: 'a `credential_process` that fails',
      given: () => {
        const script = shell.write(
          'fails.sh',
          '#!/bin/sh\necho "your session has ended: log in again" >&2\nexit 1\n',
          0o755,
        );
        shell.configure({ config: `[default]\ncredential_process = ${script} --secret s3cr3t\n` });
      },
      variables: () => NO_KEYS,
      aws: /your session has ended/,
      ours: /^no credentials while opening s3:\/\/my-graphs: the credential_process of the profile default failed: your session has ended: log in again\./,
    },
    {
      name: 'a web identity file that is not there',
      variables: () => ({
        ...NO_KEYS,
        AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token',
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/graphs',
      }),
      aws: /\/nowhere\/token/,
      ours: /^no credentials while opening s3:\/\/my-graphs: the web identity token file \/nowhere\/token of AWS_WEB_IDENTITY_TOKEN_FILE is not there\./,
    },
    {
      name: 'a web identity',
      variables: () => ({
        ...NO_KEYS,
        AWS_WEB_IDENTITY_TOKEN_FILE: shell.write('token', 'a-token'),
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/graphs',
      }),
      look: () => signers().replace(/ASIA\w+/g, 'the role’s key'),
      aws: /^works; signed by the role’s key$/,
      ours: /^works; signed by the role’s key$/,
    },
    {
      name: 'a web identity, and `AWS_PROFILE` with keys',
      given: () => shell.configure({ credentials: keysOf('graphs', 'KEY-OF-PROFILE') }),
      variables: () => ({
        ...NO_KEYS,
        AWS_PROFILE: 'graphs',
        AWS_WEB_IDENTITY_TOKEN_FILE: shell.write('token', 'a-token'),
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/graphs',
      }),
      look: () => signers().replace(/ASIA\w+/g, 'the role’s key'),
      aws: /^works; signed by the role’s key$/,
      ours: /^works; signed by the role’s key$/,
    },
    {
      name: 'a role that wants an MFA code',
      given: () =>
        shell.configure({
          config:
            '[profile graphs]\nrole_arn = arn:aws:iam::123456789012:role/graphs\nsource_profile = me\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n',
          credentials: keysOf('me', 'KEY-OF-SOURCE'),
        }),
      commands: [`${LIST} --profile graphs`, `${PLAN} --profile graphs`],
      aws: /MFA code/,
      ours: /^no credentials while opening s3:\/\/my-graphs: the profile graphs wants a code of arn:aws:iam::123456789012:mfa\/me: take its keys into the environment first, by aws configure export-credentials --profile graphs --format env\./,
    },
    {
      name: 'the role of an instance',
      variables: () => ({
        ...NO_KEYS,
        AWS_EC2_METADATA_DISABLED: undefined,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
      }),
      look: signers,
      aws: /^works; signed by KEY-OF-INSTANCE$/,
      ours: /^works; signed by KEY-OF-INSTANCE$/,
    },
    {
      name: 'the role of a container, or of a pod: `AWS_CONTAINER_CREDENTIALS_FULL_URI`, and a token',
      variables: () => ({
        ...NO_KEYS,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/v1/credentials`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: TOKEN,
      }),
      look: signers,
      aws: /^works; signed by KEY-OF-CONTAINER$/,
      ours: /^works; signed by KEY-OF-CONTAINER$/,
    },
    {
      name: '… the token in a file, as EKS has it, and a proxy that is not asked',
      variables: () => ({
        ...NO_KEYS,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/v1/credentials`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: shell.write('pod-token', TOKEN),
        HTTP_PROXY: 'http://127.0.0.1:1',
        NO_PROXY: new URL(server.endpoint).host,
      }),
      look: signers,
      aws: /^works; signed by KEY-OF-CONTAINER$/,
      ours: /^works; signed by KEY-OF-CONTAINER$/,
    },
    {
      name: '… with a token that the agent does not know',
      variables: () => ({
        ...NO_KEYS,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/v1/credentials`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'another',
      }),
      aws: /401|no such token/,
      ours: /^no credentials while opening s3:\/\/my-graphs: the container has none, as AWS_CONTAINER_CREDENTIALS_FULL_URI tells: .*401/,
    },
    {
      name: 'a profile of IAM Identity Center (SSO)',
      commands: [`${LIST} --profile sso`, `${PLAN} --profile sso`],
      given: () => configureSso(new Date(Date.now() + 3_600_000)),
      faults: ssoCredentials,
      look: signers,
      aws: /^works; signed by KEY-OF-SSO$/,
      ours: /^works; signed by KEY-OF-SSO$/,
    },
    {
      name: '… whose login is over',
      commands: [`${LIST} --profile sso`, `${PLAN} --profile sso`],
      given: () => configureSso(new Date(Date.now() - 3_600_000)),
      aws: /expired|sso login/i,
      ours: /^no credentials while opening s3:\/\/my-graphs: the profile sso is not logged in, or no longer: aws sso login --profile sso\./,
    },
    {
      name: 'no credentials at all',
      variables: () => NO_KEYS,
      aws: /Unable to locate credentials/,
      ours: /^no credentials while opening s3:\/\/my-graphs: environment, profile, web identity, container and instance have none\./,
    },
    {
      name: '`AWS_MAX_ATTEMPTS=2`, and a server that is not well',
      variables: () => ({ AWS_MAX_ATTEMPTS: '2', AWS_RETRY_MODE: 'standard' }),
      faults: always(refuse(500, 'InternalError', 'We encountered an internal error. Please try again.')),
      look: attempts,
      aws: /; 2 attempts$/,
      ours: /; 2 attempts$/,
    },
    {
      name: '`max_attempts = 1` in the profile, and a server that is not well',
      given: () => shell.configure({ config: '[default]\nmax_attempts = 1\nretry_mode = standard\n' }),
      faults: always(refuse(500, 'InternalError', 'We encountered an internal error. Please try again.')),
      look: attempts,
      aws: /; 1 attempt$/,
      ours: /; 1 attempt$/,
    },
    {
      name: '`s3.addressing_style = path` in the profile',
      variables: () => throughProxy({}),
      given: () =>
        shell.configure({ config: '[default]\nregion = us-east-1\ns3 =\n  addressing_style = path\n' }),
      look: asked,
      aws: /CONNECT s3\.(us-east-1\.)?amazonaws\.com:443/,
      ours: /CONNECT s3\.us-east-1\.amazonaws\.com:443/,
    },
    {
      name: '`s3.addressing_style = slash` in the profile',
      given: () => shell.configure({ config: '[default]\ns3 =\n  addressing_style = slash\n' }),
      aws: /addressing style slash is invalid/,
      ours: /^addressing_style of the profile is slash, which is not auto, path or virtual\./,
    },
    {
      name: '`max_attempts = many` in the profile',
      given: () => shell.configure({ config: '[default]\nmax_attempts = many\n' }),
      aws: /invalid literal for int\(\) with base 10: 'many'/,
      ours: /^max_attempts of the profile is many, which is not a whole number from 1\./,
    },
  ],
  names: [
    ...['S3', 's3a', 's3n'].map((scheme) => ({
      name: `\`${scheme}://\``,
      commands: [
        `s3 ls ${scheme}://my-graphs/papers/`,
        `plan --input-prefix ${scheme}://my-graphs/papers`,
      ] as const,
      aws: scheme === 'S3' ? /bucket/i : /bucket/i,
      ours: /^works$/,
    })),
    ...[
      ['the ARN of an access point', 'arn:aws:s3:us-east-1:123456789012:accesspoint/papers'],
      ['a Multi-Region Access Point', 'arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap'],
      ['a directory bucket of S3 Express One Zone', 'papers--usw2-az1--x-s3'],
      [
        'S3 on Outposts',
        'arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-01ac5d28a6a232904/accesspoint/papers',
      ],
      ['an Object Lambda Access Point', 'arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/papers'],
    ].map(([name = '', bucket = '']) => ({
      name,
      commands: [`s3 ls s3://${bucket}/`, `plan --input-prefix s3://${bucket}`] as const,
      variables: () => throughProxy({ AWS_MAX_ATTEMPTS: '1' }),
      aws: /./,
      ours: new RegExp(` is ${name}, not the name of a bucket\\. `),
    })),
  ],
};

describe.each(Object.entries(CHAPTERS))('%s', (_, situations) => {
  it.each(situations)('$name', (situation) => compare(situation), 60_000);
});

it('the page shows what they said', async () => {
  for (const [chapter, situations] of Object.entries(CHAPTERS)) {
    const rows = situations.map(({ name }) => [name, said.get(name)!] as const);
    const { stands, made } = await markedRegion(
      'docs/aws.md',
      `test/shell (${chapter})`,
      tableOf(new Map(rows)),
    );
    expect(stands).toBe(made);
  }
});
