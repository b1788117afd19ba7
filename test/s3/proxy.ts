/**
 * Stands between an S3 client and a server, on loopback: counts what passes at the client's sockets, and makes
 * things go wrong on demand. The Host header passes unchanged, so that signatures stay valid.
 */
import { Agent, createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as a fault sees it. */
export interface ProxiedRequest {
  /** As the SDK calls it: `GetObject`, `UploadPartCopy`, … */
  operation: string;
  /** Decoded: `bucket/key`. */
  path: string;
  /** As it was asked for, with its query. */
  url: string;
  headers: IncomingMessage['headers'];
  /** From 1, over all requests since the faults were set. */
  number: number;
  /** From 1, over the requests of this operation. */
  ofOperation: number;
}

export type Fault =
  /** Answers in the server's stead. */
  | {
      kind: 'reply';
      status: number;
      code: string;
      message?: string;
      headers?: Record<string, string>;
      tail?: string;
    }
  /** The server does the work, and its answer is exchanged. */
  | { kind: 'replace-reply'; status: number; body: string; type?: string }
  /** The server does the work, and the connection breaks after that many bytes of the answer's body. */
  | { kind: 'cut-reply'; after: number }
  /** The connection breaks after that many bytes of the request's body; the server does not see it. */
  | { kind: 'cut-request'; after: number }
  /** The server gets the whole request and works on it for a while, whether or not the client still waits. */
  | { kind: 'late'; ms: number }
  /** The server gets the whole request two times, and the second answer counts. */
  | { kind: 'twice' }
  /** Answers 200 in the server's stead. */
  | { kind: 'reply-200'; body: string }
  /** Bodies pass in both directions no faster than that. */
  | { kind: 'throttled'; bytesPerSecond: number }
  /** The request waits. */
  | { kind: 'delay'; ms: number }
  /** Something else happens before the request goes on. */
  | { kind: 'before'; act: () => Promise<unknown> };

export type Faults = (request: ProxiedRequest) => Fault | undefined;

export const SLOW_DOWN: Fault = {
  kind: 'reply',
  status: 503,
  code: 'SlowDown',
  message: 'Please reduce your request rate.',
};

export const ACCESS_DENIED: Fault = {
  kind: 'reply',
  status: 403,
  code: 'AccessDenied',
  message: 'Access Denied',
};

export interface Traffic {
  /** Bytes from the client, headers included. */
  up: number;
  /** Bytes to the client, headers included. */
  down: number;
  /** Connections that the client opened. */
  connections: number;
  /** Requests by operation, those that a fault answered included. */
  requests: Record<string, number>;
  /** Bytes of request and reply bodies by operation. */
  bodies: Record<string, { up: number; down: number }>;
}

export interface Proxy {
  endpoint: string;
  /** Headers of every request since the last reset. */
  seen: ProxiedRequest[];
  traffic(): Traffic;
  /** Forgets traffic and what was seen, and sets new faults. */
  reset(faults?: Faults): void;
  stop(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const upstream = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  let closed = { up: 0, down: 0 };
  let base = { up: 0, down: 0 };
  let connections = 0;
  let traffic: Pick<Traffic, 'requests' | 'bodies'> = { requests: {}, bodies: {} };
  let seen: ProxiedRequest[] = [];
  let faults: Faults = () => undefined;

  const total = (): { up: number; down: number } => {
    const sum = { ...closed };
    for (const socket of sockets) {
      sum.up += socket.bytesRead;
      sum.down += socket.bytesWritten;
    }
    return sum;
  };

  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', target);
    const operation = operationOf(incoming, url);
    traffic.requests[operation] = (traffic.requests[operation] ?? 0) + 1;
    const bodies = (traffic.bodies[operation] ??= { up: 0, down: 0 });
    const asked: ProxiedRequest = {
      operation,
      path: decodeURIComponent(url.pathname.slice(1)),
      url: incoming.url ?? '/',
      headers: incoming.headers,
      number: seen.length + 1,
      ofOperation: traffic.requests[operation],
    };
    seen.push(asked);
    const fault = faults(asked);
    incoming.on('data', (chunk: Buffer) => (bodies.up += chunk.byteLength));
    incoming.pause();
    // The client may hang up at any time; that is its business.
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    switch (fault?.kind) {
      case 'reply': {
        const body = errorBody(fault.code, fault.message ?? fault.code) + (fault.tail ?? '');
        answer(incoming, outgoing, fault.status, body, fault.headers);
        return;
      }
      case 'cut-request': {
        let got = 0;
        incoming.on('data', (chunk: Buffer) => {
          got += chunk.byteLength;
          if (got >= fault.after) incoming.socket.destroy();
        });
        incoming.on('end', () => incoming.socket.destroy());
        incoming.resume();
        return;
      }
      case 'late':
        void late(incoming, outgoing, { ms: fault.ms, times: 1 });
        return;
      case 'twice':
        void late(incoming, outgoing, { ms: 0, times: 2 });
        return;
      case 'reply-200':
        answer(incoming, outgoing, 200, fault.body);
        return;
      case 'throttled': {
        const length = Number(incoming.headers['content-length'] ?? 0) + lengthAsked(incoming);
        setTimeout(
          () => forward(incoming, outgoing, undefined, bodies),
          (length / fault.bytesPerSecond) * 1000,
        );
        return;
      }
      case 'delay':
        setTimeout(() => forward(incoming, outgoing, undefined, bodies), fault.ms);
        return;
      case 'before':
        void fault.act().then(() => forward(incoming, outgoing, undefined, bodies));
        return;
      default:
        forward(incoming, outgoing, fault, bodies);
    }
  });

  const late = async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { ms, times }: { ms: number; times: number },
  ): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method, url: path, headers } = incoming;
    const { hostname: host, port } = upstream;
    const sendOnce = (left: number): void => {
      const onward = send({ host, port, method, path, headers, agent }, (reply) => {
        if (left > 1) {
          reply.resume().on('end', () => sendOnce(left - 1));
          return;
        }
        delete reply.headers.connection;
        outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(outgoing);
      });
      onward.on('error', () => incoming.socket.destroy());
      onward.end(Buffer.concat(chunks));
    };
    setTimeout(() => sendOnce(times), ms);
  };

  const forward = (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    fault: Extract<Fault, { kind: 'cut-reply' | 'replace-reply' }> | undefined,
    bodies: { down: number },
  ): void => {
    const onward = send({
      host: upstream.hostname,
      port: upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
      agent,
    });
    onward.on('error', () => incoming.socket.destroy());
    onward.on('response', (reply) => {
      if (fault?.kind === 'replace-reply') {
        reply.resume().on('end', () => answer(incoming, outgoing, fault.status, fault.body, typeOf(fault)));
        return;
      }
      // Whether the connection stays open is between each two of us.
      delete reply.headers.connection;
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      if (fault?.kind === 'cut-reply') {
        outgoing.flushHeaders();
        let left = fault.after;
        reply.on('data', (chunk: Buffer) => {
          if (left <= 0) return;
          outgoing.write(chunk.subarray(0, left));
          left -= chunk.byteLength;
        });
        reply.on('end', () => setImmediate(() => incoming.socket.destroy()));
        return;
      }
      reply.on('data', (chunk: Buffer) => (bodies.down += chunk.byteLength));
      reply.on('error', () => incoming.socket.destroy());
      reply.pipe(outgoing);
    });
    // The client hung up: the server need not go on.
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) onward.destroy();
    });
    incoming.pipe(onward);
  };

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      closed = { up: closed.up + socket.bytesRead, down: closed.down + socket.bytesWritten };
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get seen() {
      return seen;
    },
    traffic: () => {
      const now = total();
      return { up: now.up - base.up, down: now.down - base.down, connections, ...structuredClone(traffic) };
    },
    reset: (next) => {
      base = total();
      connections = 0;
      traffic = { requests: {}, bodies: {} };
      seen = [];
      faults = next ?? (() => undefined);
    },
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bytes of a range that is asked for. */
function lengthAsked({ headers: { range = '' } }: IncomingMessage): number {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  return start === undefined ? 0 : Number(end) - Number(start) + 1;
}

function operationOf({ method, headers }: IncomingMessage, { pathname, searchParams: query }: URL): string {
  const aboutBucket = !/^\/[^/]+\/./.test(pathname);
  switch (method) {
    case 'HEAD':
      return aboutBucket ? 'HeadBucket' : 'HeadObject';
    case 'GET':
      if (query.has('uploads')) return 'ListMultipartUploads';
      if (query.has('uploadId')) return 'ListParts';
      if (!aboutBucket) return 'GetObject';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'Other';
    case 'PUT':
      if (aboutBucket) return 'CreateBucket';
      if (query.has('partNumber')) return headers['x-amz-copy-source'] ? 'UploadPartCopy' : 'UploadPart';
      return headers['x-amz-copy-source'] ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      return query.has('uploadId') ? 'CompleteMultipartUpload' : 'Other';
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return 'Other';
  }
}

export function errorBody(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

function typeOf({ type }: { type?: string }): Record<string, string> {
  return type === undefined ? {} : { 'content-type': type };
}

/** Reads the request to its end first: a client still sending would see a broken connection instead. */
function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  const reply = (): void => {
    outgoing.writeHead(status, {
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    outgoing.end(incoming.method === 'HEAD' ? undefined : body);
  };
  if (incoming.complete) reply();
  else incoming.resume().on('end', reply);
}
