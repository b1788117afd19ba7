/** Bodies of requests and answers, and waiting. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './operations.js';

const NO_BODY: Uint8Array[] = [];

/** The chunks that came in. */
export function bodyOf(message: IncomingMessage): Promise<Uint8Array[]> | Uint8Array[] {
  const { headers } = message;
  const isEmpty = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
  if (isEmpty || headers['content-length'] === '0') {
    message.resume();
    return NO_BODY;
  }
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    message
      .on('data', (chunk: Uint8Array) => chunks.push(chunk))
      .on('end', () => resolve(chunks))
      .on('error', reject);
  });
}

/**
 * Bodies in chunks with signatures or a trailing checksum between them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function decoded(headers: IncomingHttpHeaders, body: Uint8Array[]): Uint8Array[] {
  if (headers['x-amz-decoded-content-length'] === undefined) return body;
  const bytes = Buffer.concat(body);
  const chunks: Uint8Array[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at);
    const length = parseInt(bytes.toString('latin1', at, line), 16);
    if (!(length > 0)) return chunks;
    chunks.push(bytes.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}

/** Answers with XML, or with nothing. */
export function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  const text = body as string;
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...length, ...headers });
  response.end(text);
}

/** Writes, and waits while the connection has more than it can take. */
export async function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/** @param time as of `performance.now()` @returns undefined when it has come */
export function until(time: number): Promise<void> | undefined {
  const left = time - performance.now();
  // Timers have whole milliseconds: what is shorter comes at once.
  if (left < 1) return undefined;
  return new Promise((resolve) => setTimeout(resolve, Math.round(left)));
}
