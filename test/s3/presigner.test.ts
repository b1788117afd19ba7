/** Signatures in URLs: those of the SDK's signer, for much less work. */
import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import { Presigner, type Signed } from '../../src/s3/presigner.js';

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const KEYS: Keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const SIGNED: Signed = {
  protocol: 'https:',
  hostname: 'graphs.s3.eu-west-1.amazonaws.com',
  host: 'graphs.s3.eu-west-1.amazonaws.com',
  pathBefore: '/',
  query: { 'x-id': 'GetObject' },
  headers: {},
  region: 'eu-west-1',
};

function presignerOf(keys: Keys, signed: Signed = SIGNED): Presigner {
  return new Presigner(
    new S3Client({ region: signed.region, credentials: keys, systemClockOffset: 1000 }),
    signed,
  );
}

/** The query that the SDK's signer gives a path at the time of `url`. */
async function bySdk(url: URL, keys: Keys, { query, headers, host, ...at }: Signed): Promise<unknown> {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(url.searchParams.get('X-Amz-Date')!) ?? [];
  const { sha256 } = new S3Client({ region: at.region, credentials: keys }).config;
  const signer = new SignatureV4({
    ...{ credentials: keys, region: at.region, service: 's3', sha256, uriEscapePath: false },
  });
  const signed = await signer.presign(
    {
      ...{
        method: 'GET',
        protocol: at.protocol,
        hostname: at.hostname,
        path: url.pathname,
        query: { ...query },
      },
      headers: { ...headers, host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    },
    {
      expiresIn: 900,
      unhoistableHeaders: new Set(Object.keys(headers)),
      signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
    },
  );
  return signed.query;
}

const urlOf = (text: string): URL => new URL(text, `https://${SIGNED.host}`);
const queryOf = (url: URL): unknown => Object.fromEntries(url.searchParams);

describe('a signature in a URL is that of the SDK', () => {
  const token = { ...KEYS, sessionToken: 'IQoJb3JpZ2luX2VjE//a+token==' };
  const headers = { 'x-amz-expected-bucket-owner': '111122223333', 'x-amz-request-payer': 'requester' };
  test.each([
    ['for a plain key', KEYS, SIGNED],
    ['with a token', token, SIGNED],
    ['with headers of its own', KEYS, { ...SIGNED, headers }],
    ['for a bucket in the path', KEYS, { ...SIGNED, pathBefore: '/graphs/' }],
  ] as const)('%s', async (_, keys, signed) => {
    const presigner = presignerOf(keys, signed);
    for (const key of ['graph/part-0.parquet', 'graph/part-1.parquet', "a b/é+(1)!*'=&?.parquet"]) {
      const url = urlOf((await presigner.presign(key)).url);
      expect(decodeURIComponent(url.pathname)).toBe(signed.pathBefore + key);
      expect(queryOf(url)).toEqual(await bySdk(url, keys, signed));
    }
  });

  test('also where another key comes while it is looked at how the SDK signs', async () => {
    let asked = 0;
    const next = (): Keys => ({ accessKeyId: `KEY${++asked}`, secretAccessKey: `secret ${asked}` });
    const credentials = (): Promise<Keys & { expiration: Date }> =>
      // Over as soon as it is there, so that each look finds another.
      Promise.resolve({ ...next(), expiration: new Date(0) });
    const presigner = new Presigner(new S3Client({ region: 'eu-west-1', credentials }), SIGNED);
    const url = urlOf((await presigner.presign('key')).url);
    const id = url.searchParams.get('X-Amz-Credential')!.split('/')[0]!;
    const keys = { accessKeyId: id, secretAccessKey: id.replace('KEY', 'secret ') };
    expect(queryOf(url)).toEqual(await bySdk(url, keys, SIGNED));
  });
});

test('what was signed is used again, until it is refused', async () => {
  let id = 'OLD';
  const credentials = (): Promise<Keys & { expiration: Date }> =>
    Promise.resolve({ accessKeyId: id, secretAccessKey: 'secret', expiration: new Date(0) });
  const presigner = new Presigner(new S3Client({ region: 'eu-west-1', credentials }), SIGNED);
  const keyOf = async (key: string): Promise<string | null> =>
    urlOf((await presigner.presign(key)).url).searchParams.get('X-Amz-Credential');
  expect(await keyOf('a')).toMatch(/^OLD\//);
  id = 'NEW';
  expect(await keyOf('a')).toMatch(/^OLD\//);
  expect(await keyOf('b')).toMatch(/^OLD\//);
  const [a, b] = [await presigner.presign('a'), await presigner.presign('b')];
  expect(presigner.forget(a.signature)).toBe(true);
  expect(await keyOf('a')).toMatch(/^NEW\//);
  id = 'NEXT';
  // It was refused with the other.
  expect(presigner.forget(b.signature)).toBe(false);
  expect(await keyOf('a')).toMatch(/^NEW\//);
});

test('without credentials it says so, and looks for them again', async () => {
  let isThere = false;
  const credentials = (): Promise<Keys> =>
    isThere ? Promise.resolve(KEYS) : Promise.reject(new Error('no credentials'));
  const presigner = new Presigner(new S3Client({ region: 'eu-west-1', credentials }), SIGNED);
  await expect(presigner.presign('key')).rejects.toThrow('no credentials');
  isThere = true;
  expect((await presigner.presign('key')).url).toContain(KEYS.accessKeyId);
});
