/** What S3 does for each request that we send, without the time that it takes. */
import { createHash } from 'node:crypto';
import type { Bucket, CopiedRange, Part, StoredObject, Upload } from './bucket.js';
import { concat, type Rope, slice } from './rope.js';
import { elements, errorXml, keyOfToken, listXml, partsXml, resultXml, uploadsXml } from './xml.js';

export interface Request {
  method: string;
  key: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** In the chunks that came in. */
  body: readonly Uint8Array[];
}

export interface Answer {
  status: number;
  headers?: Record<string, string | number>;
  /** XML, or a range of an object, which is read when it is sent. */
  body?: string | { rope: Rope; from: number; to: number };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
class S3Error extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const noSuchUpload = (): S3Error =>
  new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
const noSuchKey = (): S3Error => new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
const preconditionFailed = (): S3Error =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');

const MIN_PART = 5 * 1024 * 1024;
const MAX_PART = 5 * 1024 ** 3;
const MAX_PARTS = 10_000;
const PAGE = 1000;

type Operation = (bucket: Bucket, request: Request) => Answer;

export const OPERATIONS = {
  HeadBucket: () => ({ status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } }),
  ListObjectsV2: listObjects,
  ListMultipartUploads: listUploads,
  ListParts: listParts,
  HeadObject: headObject,
  GetObject: getObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

/** Which operation a request is about; undefined for those that we never send. */
export function operationOf({
  method,
  key,
  query,
  headers,
}: Omit<Request, 'body'>): OperationName | undefined {
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  switch (method) {
    case 'HEAD':
      return key === '' ? 'HeadBucket' : 'HeadObject';
    case 'GET':
      if (key !== '') return query.has('uploadId') ? 'ListParts' : 'GetObject';
      if (query.has('uploads')) return 'ListMultipartUploads';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : undefined;
    case 'PUT':
      if (key === '') return undefined;
      if (query.has('uploadId')) return isCopy ? 'UploadPartCopy' : 'UploadPart';
      return isCopy ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      if (query.has('uploadId')) return 'CompleteMultipartUpload';
      return query.has('delete') ? 'DeleteObjects' : undefined;
    case 'DELETE':
      if (key === '') return undefined;
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return undefined;
  }
}

export function answer(bucket: Bucket, operation: OperationName, request: Request): Answer {
  try {
    return OPERATIONS[operation](bucket, request);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return failure(error.status, error.code, error.message);
  }
}

export function failure(status: number, code: string, message: string): Answer {
  return { status, headers: { 'content-type': 'application/xml' }, body: errorXml(code, message) };
}

/** The object and range that a copy asks for. Used before its time has passed too, for the time depends on it. */
export function copySourceOf(bucket: Bucket, headers: Request['headers']): Part & { source: StoredObject } {
  const source = String(headers['x-amz-copy-source']);
  const path = decodeURIComponent(source).replace(/^\//, '');
  const object = path.startsWith(`${bucket.name}/`)
    ? bucket.get(path.slice(bucket.name.length + 1))
    : undefined;
  if (!object) throw noSuchKey();
  const condition = headers['x-amz-copy-source-if-match'];
  if (condition !== undefined && !matches(String(condition), object.etag)) throw preconditionFailed();
  const range = headers['x-amz-copy-source-range'];
  if (range === undefined) return { rope: object.rope, etag: object.etag, source: object };
  const [from, to] = rangeOf(String(range), object.rope.length);
  const copy: CopiedRange = { source, range: String(range) };
  return {
    rope: slice(object.rope, from, to),
    etag: hash(object.etag, `${from}-${to}`),
    copy,
    source: object,
  };
}

function listObjects(bucket: Bucket, { query }: Request): Answer {
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : keyOfToken(token);
  const most = Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));
  const listing = bucket.list(query.get('prefix') ?? '', after, query.get('delimiter') ?? '', most);
  return xml(listXml(bucket.name, query, most, listing));
}

/** All on one page: a run has a few dozens under way. */
function listUploads(bucket: Bucket, { query }: Request): Answer {
  const prefix = query.get('prefix') ?? '';
  const uploads = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return xml(uploadsXml(bucket.name, query, uploads));
}

function listParts(bucket: Bucket, request: Request): Answer {
  const { query } = request;
  const upload = uploadOf(bucket, request);
  const after = Number(query.get('part-number-marker') ?? 0);
  const most = Math.min(PAGE, Number(query.get('max-parts') ?? PAGE));
  const left = sorted(upload).filter(([number]) => number > after);
  const page = left.slice(0, most);
  return xml(partsXml(bucket.name, upload, page, left.length > most ? page.at(-1)?.[0] : undefined));
}

function headObject(bucket: Bucket, { key, headers }: Request): Answer {
  const object = found(bucket, key, headers);
  return { status: 200, headers: { ...describe(object), 'content-length': object.rope.length } };
}

function getObject(bucket: Bucket, { key, headers }: Request): Answer {
  const object = found(bucket, key, headers);
  const { rope } = object;
  const range = headers['range'];
  if (range === undefined) {
    return { status: 200, headers: describe(object), body: { rope, from: 0, to: rope.length } };
  }
  const [from, to] = rangeOf(String(range), rope.length);
  return {
    status: 206,
    headers: { ...describe(object), 'content-range': `bytes ${from}-${to - 1}/${rope.length}` },
    body: { rope, from, to },
  };
}

function putObject(bucket: Bucket, { key, headers, body }: Request): Answer {
  const etag = contentEtag(headers, body);
  bucket.put(key, { rope: bucket.uploaded.keep(body), etag, modified: Date.now() });
  return { status: 200, headers: { etag: `"${etag}"` } };
}

function copyObject(bucket: Bucket, { key, headers }: Request): Answer {
  const { rope, etag } = copySourceOf(bucket, headers);
  const modified = Date.now();
  bucket.put(key, { rope, etag, modified });
  return xml(
    resultXml('CopyObjectResult', { ETag: `"${etag}"`, LastModified: new Date(modified).toISOString() }),
  );
}

function deleteObject(bucket: Bucket, { key }: Request): Answer {
  bucket.delete(key);
  return { status: 204 };
}

function deleteObjects(bucket: Bucket, { body }: Request): Answer {
  for (const key of elements(Buffer.concat(body).toString(), 'Key')) bucket.delete(key);
  return xml(resultXml('DeleteResult', {}));
}

function createUpload(bucket: Bucket, { key }: Request): Answer {
  const { id } = bucket.begin(key);
  return xml(resultXml('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: id }));
}

function uploadPart(bucket: Bucket, request: Request): Answer {
  const { headers, body } = request;
  const upload = uploadOf(bucket, request);
  const etag = contentEtag(headers, body);
  setPart(upload, request, { rope: bucket.uploaded.keep(body), etag });
  return { status: 200, headers: { etag: `"${etag}"` } };
}

function uploadPartCopy(bucket: Bucket, request: Request): Answer {
  const upload = uploadOf(bucket, request);
  const { rope, etag, copy } = copySourceOf(bucket, request.headers);
  setPart(upload, request, { rope, etag, ...(copy && { copy }) });
  return xml(resultXml('CopyPartResult', { ETag: `"${etag}"`, LastModified: new Date().toISOString() }));
}

function completeUpload(bucket: Bucket, request: Request): Answer {
  const upload = uploadOf(bucket, request);
  const text = Buffer.concat(request.body).toString();
  const [numbers, etags] = [elements(text, 'PartNumber').map(Number), elements(text, 'ETag')];
  const parts = numbers.map((number, i) => {
    const part = upload.parts.get(number);
    if (part?.etag !== unquoted(etags[i] ?? '')) {
      throw new S3Error(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
    }
    if (i > 0 && number <= numbers[i - 1]!) {
      throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    if (i < numbers.length - 1 && part.rope.length < MIN_PART) {
      throw new S3Error(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed object size.',
      );
    }
    return part;
  });
  if (parts.length === 0) throw new S3Error(400, 'MalformedXML', 'The XML you provided was not well-formed.');
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(etag, 'hex');
  const etag = `${md5.digest('hex')}-${parts.length}`;
  const copies = parts.flatMap(({ copy }) => copy ?? []);
  bucket.put(upload.key, { rope: concat(parts.map(({ rope }) => rope)), etag, modified: Date.now(), copies });
  bucket.uploads.delete(upload.id);
  const values = { Location: upload.key, Bucket: bucket.name, Key: upload.key, ETag: `"${etag}"` };
  return xml(resultXml('CompleteMultipartUploadResult', values));
}

function abortUpload(bucket: Bucket, request: Request): Answer {
  bucket.uploads.delete(uploadOf(bucket, request).id);
  return { status: 204 };
}

function found(bucket: Bucket, key: string, headers: Request['headers']): StoredObject {
  const object = bucket.get(key);
  if (!object) throw noSuchKey();
  const condition = headers['if-match'];
  if (condition !== undefined && !matches(String(condition), object.etag)) throw preconditionFailed();
  return object;
}

function uploadOf(bucket: Bucket, { key, query }: Request): Upload {
  const upload = bucket.uploads.get(query.get('uploadId') ?? '');
  if (upload?.key === key) return upload;
  throw noSuchUpload();
}

function setPart(upload: Upload, { query }: Request, part: Part): void {
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
    throw new S3Error(
      400,
      'InvalidArgument',
      `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    );
  }
  if (part.rope.length > MAX_PART) {
    throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  upload.parts.set(number, part);
}

function sorted({ parts }: Upload): [number, Part][] {
  return [...parts].sort(([a], [b]) => a - b);
}

/** @returns first byte and the one behind the last */
function rangeOf(text: string, size: number): [number, number] {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text);
  const [, first = '', last = ''] = match ?? [];
  const [from, to] =
    first === ''
      ? [Math.max(0, size - Number(last)), size]
      : [Number(first), last === '' ? size : Math.min(size, Number(last) + 1)];
  if (match && from < to) return [from, to];
  throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
}

/**
 * The same bytes have the same ETag, as on S3; another one than there if the client has said a checksum, for hashing what
 * comes in would take more of the processor than all else that the model does.
 */
function contentEtag(headers: Request['headers'], body: readonly Uint8Array[]): string {
  const checksum = headers['x-amz-checksum-crc32'] ?? headers['content-md5'];
  if (checksum !== undefined) return hash(String(checksum), String(headers['content-length']));
  const md5 = createHash('md5');
  for (const chunk of body) md5.update(chunk);
  return md5.digest('hex');
}

function hash(...texts: string[]): string {
  return createHash('md5').update(texts.join(' ')).digest('hex');
}

function describe({ etag, modified }: StoredObject): Record<string, string> {
  return { etag: `"${etag}"`, 'last-modified': new Date(modified).toUTCString(), 'accept-ranges': 'bytes' };
}

function matches(condition: string, etag: string): boolean {
  return condition === '*' || unquoted(condition) === etag;
}

function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

function xml(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
