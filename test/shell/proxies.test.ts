/** Which proxy a URL goes through, beside Python's `urllib`, by whose rules the AWS command line goes. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { proxyFor } from '../../src/aws-config/proxies.js';
import { python } from '../support/paths.js';

const HOSTS = [
  'https://my-graphs.s3.us-east-1.amazonaws.com',
  'https://sts.amazonaws.com',
  'https://amazonaws.com',
  'https://notamazonaws.com',
  'http://127.0.0.1:9000',
  'https://minio.company.example:9443',
  'https://[::1]:9000',
];
const NO_PROXIES = [
  '',
  '*',
  'amazonaws.com',
  '.amazonaws.com',
  ' sts.amazonaws.com , 127.0.0.1',
  '127.0.0.1:9000',
  '127.0.0.1:9001',
  'company.example:9443,minio.company.example:9444',
  'MINIO.Company.Example',
  '*.amazonaws.com',
  'a,,b',
  '::1',
  '[::1]',
  'us-east-1.amazonaws.com,https://sts.amazonaws.com',
];
const PROXIES = [
  {},
  { HTTPS_PROXY: 'http://proxy:3128' },
  { https_proxy: 'http://small:3128', HTTPS_PROXY: 'http://large:3128', HTTP_PROXY: 'http://plain:3128' },
  { https_proxy: '', HTTPS_PROXY: 'http://large:3128', http_proxy: 'http://me:secret@plain:3128' },
  { ALL_PROXY: 'http://all:3128' },
];

const PYTHON = `
import json, os, sys, urllib.parse, urllib.request
answers = []
for env, url in json.load(sys.stdin):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(env)
    parts = urllib.parse.urlparse(url)
    bypassed = urllib.request.proxy_bypass_environment(parts.netloc)
    answers.append(None if bypassed else urllib.request.getproxies_environment().get(parts.scheme))
print(json.dumps(answers))
`;

it('is the one that Python takes', () => {
  const cases = PROXIES.flatMap((proxies) =>
    NO_PROXIES.flatMap((no) =>
      HOSTS.flatMap((url) => [
        [{ ...proxies, NO_PROXY: no }, url] as const,
        [{ ...proxies, no_proxy: no, NO_PROXY: 'amazonaws.com' }, url] as const,
      ]),
    ),
  );
  const input = JSON.stringify(cases);
  const theirs = JSON.parse(execFileSync(python, ['-c', PYTHON], { input, encoding: 'utf8' })) as unknown[];
  const ours = cases.map(([env, url]) => proxyFor(new URL(url), env)?.href.replace(/\/$/, '') ?? null);
  expect(cases.map((one, i) => [...one, ours[i]])).toEqual(cases.map((one, i) => [...one, theirs[i]]));
  expect(new Set(ours).size).toBe(5);
});

it('may be written without a scheme', () => {
  const url = new URL('https://s3.amazonaws.com');
  expect(proxyFor(url, { HTTPS_PROXY: 'proxy:3128' })?.href).toBe('http://proxy:3128/');
  expect(proxyFor(url, { HTTPS_PROXY: '//proxy:3128' })?.href).toBe('http://proxy:3128/');
});

it('must be one for HTTP, and is not shown', () => {
  const url = new URL('https://s3.amazonaws.com');
  for (const HTTPS_PROXY of ['socks5://me:secret@proxy', 'http://me:secret@:port']) {
    const ask = (): unknown => proxyFor(url, { HTTPS_PROXY });
    expect(ask).toThrow('HTTPS_PROXY is not the URL of a proxy for HTTP');
  }
});
