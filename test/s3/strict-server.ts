/**
 * A server in front of another that is as strict about multipart uploads as S3, or R2, and as little as some: it looks at
 * checksums and sizes of parts, and hands on what it lets pass without them.
 */
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { errorBody } from './proxy.js';

export interface Habits {
  /** What answers say of who gives them. */
  server?: string;
  /** Wants to be told of checksums when an upload begins, or knows no such thing. */
  names?: 'wanted' | 'unknown';
  /** What a copied range is said to have: its own checksum, that of its whole source, or none. */
  copies?: 'own' | 'of the source' | 'none';
  /** Takes parts of one size only. */
  equalParts?: boolean;
}

/** What an upload was begun and filled with. */
export interface SeenUpload {
  /** `CRC32`, `CRC64NVME FULL_OBJECT`; empty when nothing was said. */
  named: string;
  /** By number: as they were last. */
  parts: Map<number, { bytes: Buffer; kind: 'upload' | 'copy' }>;
  completed: boolean;
}

export interface StrictServer {
  endpoint: string;
  uploads: SeenUpload[];
  /** Of objects that were put: the checksums that came with them. */
  puts: string[];
  /** Forgets what was seen. */
  reset(habits: Habits): void;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const ALGORITHMS: Record<string, (bytes: Uint8Array) => string> = { crc32: crc32Of, crc64nvme: crc64nvmeOf };

export async function startStrictServer(target: string): Promise<StrictServer> {
  let habits: Habits = {};
  let uploads: SeenUpload[] = [];
  let puts: string[] = [];
  let byId = new Map<string, SeenUpload>();
  const { hostname, port } = new URL(target);

  const ask = (method: string, path: string, headers: IncomingHttpHeaders, body?: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const onward = send({ hostname, port, method, path, headers }, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 500, headers: reply.headers, body: Buffer.concat(chunks) }),
        );
      });
      onward.on('error', reject);
      onward.end(body);
    });

  const answerTo = async (
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<Answer> => {
    const query = new URL(path, target).searchParams;
    const onward = (content = body): Promise<Answer> => ask(method, path, plain(headers, content), content);
    const upload = byId.get(query.get('uploadId') ?? '');
    if (method === 'POST' && query.has('uploads')) {
      const named = [headers['x-amz-checksum-algorithm'], headers['x-amz-checksum-type']]
        .filter(Boolean)
        .join(' ');
      if (habits.names === 'unknown' && named !== '') {
        return refusal(
          501,
          'NotImplemented',
          'A header you provided implies functionality that is not implemented',
        );
      }
      const answer = await onward();
      const id = /<UploadId>([^<]+)</.exec(answer.body.toString())?.[1] ?? '';
      const seen: SeenUpload = { named, parts: new Map(), completed: false };
      byId.set(id, seen);
      uploads.push(seen);
      return answer;
    }
    if (method === 'PUT' && upload) {
      const number = Number(query.get('partNumber'));
      if (headers['x-amz-copy-source'] !== undefined) return copied(headers, upload, number, onward);
      const expected = upload.named.split(' ')[0]?.toLowerCase() ?? '';
      const actual = checksumIn(headers);
      if (habits.names === 'wanted' && actual !== undefined && actual.algorithm !== expected) {
        const text = `Checksum Type mismatch occurred, expected checksum Type: ${expected || 'null'}, actual checksum Type: ${actual.algorithm}`;
        return refusal(400, 'InvalidRequest', text);
      }
      const wrong = actual && ALGORITHMS[actual.algorithm]?.(body) !== actual.value;
      if (wrong) return refusal(400, 'BadDigest', `The ${actual.algorithm} you specified did not match`);
      upload.parts.set(number, { bytes: body, kind: 'upload' });
      return said(await onward(), actual);
    }
    if (method === 'POST' && upload) return completed(upload, body.toString(), onward);
    if (method === 'PUT') {
      const actual = checksumIn(headers);
      if (habits.names === 'unknown' && actual?.algorithm === 'crc64nvme') {
        return refusal(400, 'InvalidRequest', 'Unsupported checksum algorithm: CRC64NVME');
      }
      if (actual && ALGORITHMS[actual.algorithm]?.(body) !== actual.value) {
        return refusal(400, 'BadDigest', `The ${actual.algorithm} you specified did not match`);
      }
      puts.push(actual?.algorithm ?? '');
      return said(await onward(), actual);
    }
    return onward();
  };

  const copied = async (
    headers: IncomingHttpHeaders,
    upload: SeenUpload,
    number: number,
    onward: () => Promise<Answer>,
  ): Promise<Answer> => {
    const range = String(headers['x-amz-copy-source-range']);
    const source = `/${String(headers['x-amz-copy-source'])}`;
    const answer = await onward();
    if (answer.status !== 200) return answer;
    // Any signature will do, but nobody is refused.
    const { authorization } = headers;
    const { body: bytes } = await ask('GET', source, { range, authorization });
    upload.parts.set(number, { bytes, kind: 'copy' });
    const { copies = 'own' } = habits;
    if (upload.named === '' || copies === 'none') return answer;
    const { body: whole } = copies === 'own' ? { body: bytes } : await ask('GET', source, { authorization });
    const name = upload.named.split(' ')[0] ?? '';
    const value = ALGORITHMS[name.toLowerCase()]?.(whole) ?? '';
    return inserted(answer, '</CopyPartResult>', `<Checksum${name}>${value}</Checksum${name}>`);
  };

  const completed = async (
    upload: SeenUpload,
    asked: string,
    onward: (content: Buffer) => Promise<Answer>,
  ): Promise<Answer> => {
    const said = [...asked.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      crc32: /<ChecksumCRC32>([^<]+)</.exec(part)?.[1],
    }));
    const parts = said.map(({ number }) => upload.parts.get(number)!.bytes);
    if (habits.equalParts && parts.slice(0, -1).some(({ length }) => length !== parts[0]?.length)) {
      return refusal(400, 'InvalidPart', 'All non-trailing parts must have the same length.');
    }
    if (upload.named === 'CRC32') {
      const missing = said.find(({ crc32 }) => crc32 === undefined);
      if (missing) {
        const text = `The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part ${missing.number} in the request.`;
        return refusal(400, 'InvalidRequest', text);
      }
      if (said.some(({ crc32 }, i) => crc32 !== crc32Of(parts[i]!))) {
        return refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
      }
    }
    const answer = await onward(Buffer.from(asked.replace(/<Checksum.*?<\/Checksum\w+>/gs, '')));
    upload.completed = answer.status === 200;
    if (!upload.named.startsWith('CRC64NVME')) return answer;
    const value = crc64nvmeOf(Buffer.concat(parts));
    const more = `<ChecksumCRC64NVME>${value}</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>`;
    return inserted(answer, '</CompleteMultipartUploadResult>', more);
  };

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    outgoing.on('error', () => undefined);
    incoming.on('end', () => {
      const { method = '', url = '/', headers } = incoming;
      void answerTo(method, url, headers, Buffer.concat(chunks)).then(({ status, headers, body }) => {
        const length = method === 'HEAD' ? headers['content-length'] : body.byteLength;
        outgoing.writeHead(status, {
          ...forNext(headers),
          ...(length !== undefined && { 'content-length': length }),
          ...(habits.server !== undefined && { server: habits.server }),
        });
        outgoing.end(method === 'HEAD' ? undefined : body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get uploads() {
      return uploads;
    },
    get puts() {
      return puts;
    },
    reset: (next) => {
      habits = next;
      [uploads, puts] = [[], []];
      byId = new Map();
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function checksumIn(headers: IncomingHttpHeaders): { algorithm: string; value: string } | undefined {
  const algorithm = Object.keys(ALGORITHMS).find((name) => headers[`x-amz-checksum-${name}`] !== undefined);
  return algorithm === undefined
    ? undefined
    : { algorithm, value: String(headers[`x-amz-checksum-${algorithm}`]) };
}

/** What concerns one connection does not concern the next. */
function forNext(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const rest = { ...headers };
  delete rest.connection;
  delete rest['transfer-encoding'];
  return rest;
}

/** Without anything that the server behind would look at. */
function plain(headers: IncomingHttpHeaders, body: Buffer): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(
    ([name]) => !/checksum|^connection$|^content-length$/.test(name),
  );
  return { ...Object.fromEntries(kept), 'content-length': `${body.byteLength}` };
}

function said(answer: Answer, checksum: { algorithm: string; value: string } | undefined): Answer {
  if (!checksum || answer.status !== 200) return answer;
  const { algorithm, value } = checksum;
  return { ...answer, headers: { ...answer.headers, [`x-amz-checksum-${algorithm}`]: value } };
}

function inserted(answer: Answer, before: string, xml: string): Answer {
  return { ...answer, body: Buffer.from(answer.body.toString().replace(before, xml + before)) };
}

function refusal(status: number, code: string, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: Buffer.from(errorBody(code, message)),
  };
}

function crc32Of(bytes: Uint8Array): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes));
  return value.toString('base64');
}

/** Two halves of 32 bits for each byte. */
const TABLE = Uint32Array.from({ length: 512 }, (_, i) => {
  let crc = BigInt(i >> 1);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
  return Number(i % 2 === 0 ? crc >> 32n : crc & 0xffffffffn);
});

/** CRC-64/NVME by the book, in base64: https://reveng.sourceforge.io/crc-catalogue/all.htm */
export function crc64nvmeOf(bytes: Uint8Array): string {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (const byte of bytes) {
    const at = ((low ^ byte) & 0xff) << 1;
    low = ((low >>> 8) | (high << 24)) ^ TABLE[at + 1]!;
    high = (high >>> 8) ^ TABLE[at]!;
  }
  const value = Buffer.alloc(8);
  value.writeUInt32BE(~high >>> 0, 0);
  value.writeUInt32BE(~low >>> 0, 4);
  return value.toString('base64');
}
