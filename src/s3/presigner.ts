/**
 * Signatures in URLs for very many objects. All but the path is the same for each of them, so the SDK's signer is asked
 * once in a while how it signs for some object, and of its work the last two hashes are done again for every other one:
 * a tenth of what the signer takes (`bench/results/attempts.md`). They must give what it gave, or each object is its own.
 *
 *     canonical request   GET, path, query, headers, their names, UNSIGNED-PAYLOAD
 *                              ^^^^ of the object; the rest is the template
 *     string to sign      AWS4-HMAC-SHA256, date, scope, the request's hash      signed with a key of that day
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { createHash, createHmac } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { buildQueryString, extendedEncodeURIComponent } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';

/** What is signed beside an object's key. */
export interface Signed {
  protocol: string;
  hostname: string;
  port?: number;
  /** With the port, as the header says it. */
  host: string;
  /** What stands before a key in a request's path. */
  pathBefore: string;
  query: Readonly<Record<string, string>>;
  /** Sent as they are, beside the host's. */
  headers: Readonly<Record<string, string>>;
  region: string;
}

/** How long a signature is good for, and how long it is used. */
const [VALID_SECONDS, FRESH_SECONDS] = [900, 300];
/** URLs that are remembered: an object is read for a while, and then no more. */
const URLS = 512;
const ALGORITHM = 'AWS4-HMAC-SHA256';
const PAYLOAD = 'UNSIGNED-PAYLOAD';
const SIGNATURE = 'X-Amz-Signature';
/** With what must be escaped. */
const SOME_KEY = 'a folder/some=key';

/** Signs for a path, which is escaped as it will be sent. @returns path and query */
type Sign = (path: string) => string | Promise<string>;

/** What URLs are signed with for a while: a key, at a time. */
interface Signature {
  sign: Promise<Sign>;
  until: number;
  /** Path and query by key. */
  urls: Map<string, string>;
}

export interface Presigned {
  /** Path and query. */
  url: string;
  /** What it was signed with, to be forgotten if it is refused. */
  signature: unknown;
}

export class Presigner {
  private readonly signer: SignatureV4;
  private current: Signature | undefined;

  constructor(
    private readonly client: S3Client,
    private readonly signed: Signed,
  ) {
    this.signer = new SignatureV4({
      credentials: client.config.credentials,
      region: signed.region,
      service: 's3',
      sha256: client.config.sha256,
      uriEscapePath: false,
    });
  }

  /**
   * Path and query for any range of an object: neither Range nor If-Match is signed.
   * @throws whatever the SDK says where there are no credentials
   */
  async presign(key: string): Promise<Presigned> {
    const { current } = this;
    const signature = current && current.until >= performance.now() ? current : this.renewed();
    const { urls } = signature;
    const known = urls.get(key);
    if (known !== undefined) return { url: known, signature };
    const url = await (await signature.sign)(this.pathOf(key));
    if (urls.size >= URLS) urls.clear();
    urls.set(key, url);
    return { url, signature };
  }

  /**
   * What was signed with an old key, or by a wrong clock, is not used again.
   * @returns whether it would have been: of many that were on their way together the first to be refused says it for all
   */
  forget(signature: unknown): boolean {
    if (this.current === undefined || this.current !== signature) return false;
    this.current = undefined;
    return true;
  }

  private renewed(): Signature {
    const until = performance.now() + FRESH_SECONDS * 1000;
    const signature: Signature = { sign: this.learn(), until, urls: new Map() };
    this.current = signature;
    signature.sign.catch(() => {
      this.forget(signature);
    });
    return signature;
  }

  private pathOf(key: string): string {
    return this.signed.pathBefore + key.split('/').map(extendedEncodeURIComponent).join('/');
  }

  private async learn(): Promise<Sign> {
    const path = this.pathOf(SOME_KEY);
    const query = await this.ask(path);
    const { secretAccessKey } = await this.client.config.credentials();
    const sign = templateOf(query, this.signed, secretAccessKey);
    // Whatever else a signature may hang on some day, or another key meanwhile.
    if (sign && sign(path) === urlOf(path, query)) return sign;
    return async (other) => urlOf(other, await this.ask(other));
  }

  /** The query as the SDK's signer would have it. */
  private async ask(path: string): Promise<Record<string, string>> {
    const { protocol, hostname, port, host, query, headers } = this.signed;
    const signed = await this.signer.presign(
      {
        ...{ method: 'GET', protocol, hostname, path, query: { ...query } },
        ...(port !== undefined && { port }),
        headers: { ...headers, host, 'x-amz-content-sha256': PAYLOAD },
      },
      {
        expiresIn: VALID_SECONDS,
        // They are sent as the SDK sends them.
        unhoistableHeaders: new Set(Object.keys(headers)),
        // The SDK learns from refusals how wrong this machine's clock is.
        signingDate: new Date(Date.now() + this.client.config.systemClockOffset),
      },
    );
    return signed.query as Record<string, string>;
  }
}

/** @param signed of a request as the SDK signs it @returns undefined where it holds something else than thought */
function templateOf(
  signed: Readonly<Record<string, string>>,
  { host, headers }: Signed,
  secret: string,
): Sign | undefined {
  const { query } = taken(signed);
  const scope = query['X-Amz-Credential']?.split('/').slice(1);
  const date = query['X-Amz-Date'];
  if (scope?.length !== 4 || date === undefined) return undefined;
  const text = buildQueryString(query);
  const lines = Object.entries({ ...headers, host })
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = lines.map(([name]) => name).join(';');
  const rest = `\n${text}\n${lines.map(([name, value]) => `${name}:${value}\n`).join('')}\n${names}\n${PAYLOAD}`;
  const before = `${ALGORITHM}\n${date}\n${scope.join('/')}\n`;
  const key = scope.reduce<string | Buffer>((from, part) => hmac(from, part).digest(), `AWS4${secret}`);
  return (path) => {
    const hash = createHash('sha256').update(`GET\n${path}${rest}`).digest('hex');
    return `${path}?${text}&${SIGNATURE}=${hmac(key, before + hash).digest('hex')}`;
  };
}

function hmac(key: string | Buffer, text: string): ReturnType<typeof createHmac> {
  return createHmac('sha256', key).update(text);
}

function urlOf(path: string, signed: Readonly<Record<string, string>>): string {
  const { query, signature } = taken(signed);
  return `${path}?${buildQueryString(query)}&${SIGNATURE}=${signature}`;
}

/** The signature apart from what was signed. */
function taken(signed: Readonly<Record<string, string>>): {
  query: Record<string, string>;
  signature: string;
} {
  const { [SIGNATURE]: signature = '', ...query } = signed;
  return { query, signature };
}
