/** S3's answers in XML. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
import type { Listing, Part, Upload } from './bucket.js';

type Value = string | number | boolean | undefined;

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

export function errorXml(code: string, message: string): string {
  return `${HEAD}<Error>${fields({ Code: code, Message: message, RequestId: 'model', HostId: 'model' })}</Error>`;
}

export function resultXml(name: string, values: Record<string, Value>, inner = ''): string {
  return `${HEAD}<${name}${NAMESPACE}>${fields(values)}${inner}</${name}>`;
}

export function listXml(bucket: string, query: URLSearchParams, most: number, listing: Listing): string {
  const encode = encoder(query);
  const { objects, commonPrefixes, next } = listing;
  const contents = objects.map(
    ([key, { rope, etag, modified }]) =>
      `<Contents>${fields({
        Key: encode(key),
        LastModified: new Date(modified).toISOString(),
        ETag: `"${etag}"`,
        Size: rope.length,
        StorageClass: 'STANDARD',
      })}</Contents>`,
  );
  const prefixes = commonPrefixes.map(
    (prefix) => `<CommonPrefixes>${fields({ Prefix: encode(prefix) })}</CommonPrefixes>`,
  );
  return resultXml(
    'ListBucketResult',
    {
      Name: bucket,
      Prefix: encode(query.get('prefix') ?? ''),
      Delimiter: query.get('delimiter') ?? undefined,
      MaxKeys: most,
      KeyCount: objects.length + commonPrefixes.length,
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: next !== undefined,
      NextContinuationToken: next === undefined ? undefined : tokenOf(next),
    },
    contents.join('') + prefixes.join(''),
  );
}

/** A continuation token: S3's are opaque too. */
function tokenOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

export function keyOfToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}

export function uploadsXml(bucket: string, query: URLSearchParams, uploads: readonly Upload[]): string {
  const encode = encoder(query);
  const all = uploads.map(
    ({ key, id, began }) =>
      `<Upload>${fields({ Key: encode(key), UploadId: id, Initiated: new Date(began).toISOString() })}</Upload>`,
  );
  const values = {
    Bucket: bucket,
    Prefix: encode(query.get('prefix') ?? ''),
    MaxUploads: 1000,
    IsTruncated: false,
  };
  return resultXml('ListMultipartUploadsResult', values, all.join(''));
}

export function partsXml(
  bucket: string,
  { key, id }: Upload,
  parts: readonly (readonly [number, Part])[],
  next: number | undefined,
): string {
  const all = parts.map(
    ([number, { rope, etag }]) =>
      `<Part>${fields({ PartNumber: number, ETag: `"${etag}"`, Size: rope.length })}</Part>`,
  );
  const values = {
    Bucket: bucket,
    Key: key,
    UploadId: id,
    IsTruncated: next !== undefined,
    NextPartNumberMarker: next,
  };
  return resultXml('ListPartsResult', values, all.join(''));
}

/** The values of all elements of a name, in order; no element of such a document has attributes. */
export function elements(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'));
  return [...found].map(([, value = '']) => unescape(value));
}

function encoder(query: URLSearchParams): (text: string) => string {
  if (query.get('encoding-type') !== 'url') return (text) => text;
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

function fields(values: Record<string, Value>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${escape(String(value))}</${name}>`)
    .join('');
}

function escape(text: string): string {
  return /[&<>"]/.test(text)
    ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
    : text;
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&');
}
