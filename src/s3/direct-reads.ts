/**
 * Ranged reads without the SDK's work per request. Most requests of a run read a few kilobytes, and the SDK takes a
 * millisecond of processor for each: here an object is signed for once, and requests are sent as the SDK would send them, in a twentieth of that
 * (`bench/results/attempts.md`). Only what goes well is done here. Whoever gets no answer asks the SDK, which knows what
 * to do about redirects, refusals, wrong clocks and networks that fail.
 */
import { GetObjectCommand, type GetObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { type Dispatcher, Pool } from 'undici';
import { proxyFor } from '../aws-config/proxies.js';
import { urlOf } from '../aws-config/request-handler.js';
import { roomFor } from '../storage/room-for.js';
import { versionFrom } from './etag.js';
import { Presigner } from './presigner.js';

export interface RangeAnswer {
  bytes: Uint8Array;
  /** Size of the whole object in bytes. */
  size: number;
  version: string;
}

/** No answer when it is not the range that was asked for; then why, and the status if there is one. */
export interface DirectAnswer {
  answer?: RangeAnswer;
  status?: number;
  failure?: unknown;
}

/** How sockets are kept; times in milliseconds. */
export interface Sockets {
  most: number;
  connectTimeout: number;
  idleTimeout: number;
  /** Certificates in PEM to trust instead of those that Node.js brings. */
  ca: string | undefined;
}

/** Where the SDK sends a GetObject, and with which headers. */
interface Address {
  /** A request without path and query. */
  request: Pick<SdkRequest, 'protocol' | 'hostname' | 'port'>;
  url: URL;
  /** What stands before a key in a request's path. */
  pathBefore: string;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  /** Those of them that are signed, by name. */
  signedHeaders: Readonly<Record<string, string>>;
  region: string;
}

/** What the SDK's requests have, and its types hide. */
interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
}

/** Signatures refused one after the other, after which no more is asked for: some accounts allow no signatures in a URL. */
const MOST_REFUSALS = 8;
const PLACEHOLDER = 'key';
/** What S3 answers to a signature, or to who signed; other answers are about the object, or about the time. */
const REFUSED = new Set([400, 401, 403]);
/** Headers that each request has of its own. */
const OWN_HEADERS =
  /^(host|range|if-match|authorization|x-amz-date|x-amz-content-sha256|x-amz-security-token|x-amz-user-agent|amz-sdk-.*)$/;

export class DirectReads {
  private readonly pool: Pool;
  private readonly presigner: Presigner;
  /** Of all requests: names and values in turns. */
  private readonly sameHeaders: readonly string[];
  private refusals = 0;

  private constructor(
    client: S3Client,
    address: Address,
    { most, connectTimeout, idleTimeout, ca }: Sockets,
  ) {
    this.pool = new Pool(address.url.origin, {
      connections: most,
      connect: { timeout: connectTimeout, ...(ca !== undefined && { ca }) },
      headersTimeout: idleTimeout,
      bodyTimeout: idleTimeout,
    });
    const { request, url, headers, signedHeaders, pathBefore, query, region } = address;
    this.sameHeaders = Object.entries(headers).flat();
    const signed = { ...request, host: url.host, headers: signedHeaders, pathBefore, query, region };
    this.presigner = new Presigner(client, signed);
  }

  /**
   * Asks the SDK where it would send its requests; none leaves.
   * @param common what each request says, beside key and range
   * @returns undefined where requests are signed in a way that only the SDK knows, or can't be
   */
  static async open(
    client: S3Client,
    common: Omit<GetObjectCommandInput, 'Key'>,
    sockets: Sockets,
  ): Promise<DirectReads | undefined> {
    try {
      const address = await addressOf(client, common);
      // Proxies are the SDK's: whoever goes through one waits for it anyway.
      if (!address || proxyFor(address.url) !== undefined) return undefined;
      return new DirectReads(client, address, sockets);
    } catch {
      // Without credentials, or with an address that only the SDK understands: it will say what is wrong, if anything is.
      return undefined;
    }
  }

  /** Whether it has been refused so often that asking is in vain. */
  get isOff(): boolean {
    return this.refusals >= MOST_REFUSALS;
  }

  /**
   * @param range as in the header: `bytes=0-9`, `bytes=-100`
   * @param into where the bytes go if there is room for all; saves a copy
   * @throws what the signal was aborted with
   */
  async get(
    key: string,
    range: string,
    version: string | undefined,
    { signal, into }: { signal?: AbortSignal | undefined; into?: Uint8Array | undefined },
  ): Promise<DirectAnswer> {
    try {
      const { url: path, signature } = await this.presigner.presign(key);
      // A list: objects with names of their own would each have a hidden class of its own.
      const headers = [...this.sameHeaders, 'range', range];
      if (version !== undefined) headers.push('if-match', `"${version}"`);
      const got = await new Promise<DirectAnswer>((resolve, reject) => {
        const reply = new Reply(into, resolve, reject);
        this.pool.dispatch({ path, method: 'GET', headers }, reply);
        if (signal) reply.endWith(signal);
      });
      if (got.answer) {
        this.refusals = 0;
        return got;
      }
      const isRefused = got.status !== undefined && REFUSED.has(got.status);
      if (isRefused && this.presigner.forget(signature)) this.refusals += 1;
      return got;
    } catch (failure) {
      signal?.throwIfAborted();
      return { failure };
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

/** One reply as it comes in. */
class Reply implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private answer: RangeAnswer | undefined;
  private filled = 0;
  private isOver = false;
  private letGo = (): void => undefined;

  constructor(
    private readonly into: Uint8Array | undefined,
    private readonly resolve: (got: DirectAnswer) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  endWith(signal: AbortSignal): void {
    const stop = (): void => {
      this.onResponseError(undefined, signal.reason);
      this.controller?.abort(new Error('interrupted'));
    };
    signal.addEventListener('abort', stop, { once: true });
    this.letGo = () => {
      signal.removeEventListener('abort', stop);
    };
    if (signal.aborted) stop();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It waited for a socket, and nobody waits for it any more.
    if (this.isOver) controller.abort(new Error('interrupted'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(String(headers['content-range'])) ?? [];
    const length = Number(end) - Number(start) + 1;
    // A reply that was packed on its way, or any other than asked for, is not looked at.
    if (status !== 206 || String(length) !== headers['content-length'] || headers['content-encoding']) {
      this.end({ status, failure: `HTTP ${status}${status < 300 ? ', not the range' : ''}` });
      controller.abort(new Error('not the range'));
      return;
    }
    const bytes = roomFor(length, this.into) ?? new Uint8Array(length);
    this.answer = { bytes, size: Number(size), version: versionFrom(String(headers['etag'] ?? '')) };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // undici ends what is longer or shorter than its Content-Length.
    this.answer?.bytes.set(chunk, this.filled);
    this.filled += chunk.byteLength;
  }

  onResponseEnd(): void {
    if (this.answer?.bytes.byteLength === this.filled) this.end({ answer: this.answer, status: 206 });
    else this.end({ failure: 'the reply ended early' });
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.isOver = true;
    this.letGo();
    this.reject(error);
  }

  private end(got: DirectAnswer): void {
    this.letGo();
    this.resolve(got);
  }
}

async function addressOf(
  client: S3Client,
  common: Omit<GetObjectCommandInput, 'Key'>,
): Promise<Address | undefined> {
  const request = await unsent(client, new GetObjectCommand({ ...common, Key: PLACEHOLDER }));
  const { protocol, hostname, port, path, query, headers } = request;
  const [, region] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(headers['authorization'] ?? '') ?? [];
  const isPlain = path.endsWith(`/${PLACEHOLDER}`) && headers['x-amz-s3session-token'] === undefined;
  if (region === undefined || !isPlain) return undefined;
  const kept = Object.entries(headers).filter(([name]) => !OWN_HEADERS.test(name.toLowerCase()));
  return {
    request: { protocol, hostname, ...(port !== undefined && { port }) },
    url: urlOf(request),
    pathBefore: path.slice(0, -PLACEHOLDER.length),
    query,
    headers: Object.fromEntries(kept),
    signedHeaders: Object.fromEntries(kept.filter(([name]) => name.startsWith('x-amz-'))),
    region,
  };
}

/** A request as it would leave, signed. */
async function unsent(client: S3Client, command: GetObjectCommand): Promise<SdkRequest> {
  let seen: SdkRequest | undefined;
  command.middlewareStack.add(
    () => (args) => {
      seen = args.request as SdkRequest;
      return Promise.resolve({ output: { $metadata: {} }, response: undefined });
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client.send(command);
  if (!seen) throw new Error('the SDK made no request');
  return seen;
}
