/** The model over HTTP: each request waits for what it costs, then is answered. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Bucket } from './bucket.js';
import { CONTROL, control } from './control.js';
import { type Costs, durationOf, latencies, prefixOf, RateLimit } from './costs.js';
import { Counters, type Kind } from './counters.js';
import { bodyOf, decoded, send, until, write } from './http.js';
import {
  answer,
  copySourceOf,
  failure,
  operationOf,
  type OperationName,
  type Request,
} from './operations.js';
import type { Recipe } from './recipe.js';
import { read, type Rope } from './rope.js';

/** A body is sent in blocks of these bytes, each when its time has come. */
const BLOCK = 256 * 1024;

const READS: ReadonlySet<string> = new Set<OperationName>([
  ...([
    'HeadBucket',
    'HeadObject',
    'GetObject',
    'ListObjectsV2',
    'ListMultipartUploads',
    'ListParts',
  ] as const),
]);

export class ModelServer {
  readonly bucket: Bucket;
  readonly counters = new Counters();
  private readonly server: Server;
  private given!: Costs;
  private latency!: () => number;
  private limits!: Record<Kind, RateLimit>;

  /** @param spill a file that may be made, for uploaded bytes */
  constructor(recipe: Recipe, costs: Costs, spill: string) {
    this.bucket = new Bucket(recipe, spill);
    this.costs = costs;
    const options = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    this.server = createServer(options, (request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  get costs(): Costs {
    return this.given;
  }

  set costs(costs: Costs) {
    this.given = costs;
    this.latency = latencies(costs);
    this.limits = { read: new RateLimit(costs.readsPerSecond), write: new RateLimit(costs.writesPerSecond) };
  }

  /** @param port 0 for any that is free @returns the endpoint */
  listen(port = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.on('error', reject).listen(port, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.server.address() as { port: number }).port}`);
      });
    });
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => {
      this.server.close(() => {
        this.bucket.close();
        resolve();
      });
    });
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = message.url ?? '/';
    if (url.startsWith(CONTROL)) {
      await control(this, message, response, url.slice(CONTROL.length));
      return;
    }
    const began = performance.now();
    this.counters.began(began);
    response.once('close', () => this.counters.ended(performance.now()));
    const body = await bodyOf(message);
    const request = this.parse(message, url, body);
    const operation = request && operationOf(request);
    if (!request) send(response, failure(404, 'NoSuchBucket', 'The specified bucket does not exist'));
    else if (operation) await this.serve(operation, request, response, began);
    else send(response, failure(501, 'NotImplemented', 'The model does not know this request.'));
  }

  private async serve(
    operation: OperationName,
    request: Request,
    response: ServerResponse,
    began: number,
  ): Promise<void> {
    const { counters, costs } = this;
    const kind: Kind = READS.has(operation) ? 'read' : 'write';
    const received = request.body.reduce((sum, { byteLength }) => sum + byteLength, 0);
    counters.bytesIn += received;
    let wait = this.latency();
    if (!this.limits[kind].take(prefixOf(request.key, costs.prefixDepth), began)) {
      counters.slowedDown(operation);
      counters.waitedMs += wait;
      await until(began + wait);
      send(response, failure(503, 'SlowDown', 'Please reduce your request rate.'));
      return;
    }
    counters.passed(operation, kind, began);
    // A body has been coming in since the request began.
    wait += durationOf(received, costs.putBytesPerSecond) + this.workOf(operation, request);
    counters.waitedMs += wait;
    await until(began + wait);
    const given = answer(this.bucket, operation, request);
    if (given.status >= 400) counters.failed(operation);
    if (typeof given.body !== 'object') {
      send(response, given);
      return;
    }
    const { rope, from, to } = given.body;
    counters.bytesOut += to - from;
    counters.waitedMs += durationOf(to - from, costs.getBytesPerSecond);
    response.writeHead(given.status, { ...given.headers, 'content-length': to - from });
    await this.stream(response, rope, from, to);
  }

  /** Sends bytes at the speed of one connection to S3. */
  private async stream(response: ServerResponse, rope: Rope, from: number, to: number): Promise<void> {
    const began = performance.now();
    for (let at = from; !response.destroyed; at += BLOCK) {
      const end = Math.min(to, at + BLOCK);
      await until(began + durationOf(end - from, this.costs.getBytesPerSecond));
      const bytes = read(rope, at, end);
      if (end === to) {
        response.end(bytes);
        return;
      }
      await write(response, bytes);
    }
  }

  /** What the server itself does: copying. In milliseconds. */
  private workOf(operation: OperationName, { headers }: Request): number {
    if (operation !== 'UploadPartCopy' && operation !== 'CopyObject') return 0;
    try {
      const { length } = copySourceOf(this.bucket, headers).rope;
      this.counters.copiedBytes += length;
      return durationOf(length, this.costs.copyBytesPerSecond);
    } catch {
      // It will be refused.
      return 0;
    }
  }

  /** @returns undefined for another bucket */
  private parse(
    { method = '', headers }: IncomingMessage,
    url: string,
    body: Uint8Array[],
  ): Request | undefined {
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const slash = path.indexOf('/', 1);
    if (path.slice(1, slash < 0 ? undefined : slash) !== this.bucket.name) return undefined;
    return {
      method,
      key: slash < 0 ? '' : decodeURIComponent(path.slice(slash + 1)),
      query: question < 0 ? NO_QUERY : queryOf(url.slice(question + 1)),
      headers,
      body: decoded(headers, body),
    };
  }
}

const NO_QUERY = new URLSearchParams();
/** What the SDK puts there says nothing, and most requests have nothing else. */
const IDLE_QUERY = /^x-id=\w+$/;

function queryOf(text: string): URLSearchParams {
  return IDLE_QUERY.test(text) ? NO_QUERY : new URLSearchParams(text);
}
