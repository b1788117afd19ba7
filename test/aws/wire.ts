/** The wire protocols of AWS as far as a server in front of moto has to read and speak them. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request, read in full. */
export interface Incoming {
  /** `emr-serverless`, `iam`, `s3`, …; from the signature's scope. */
  service: string;
  /** `CreateRole`; for S3 `PutObject` and so on, as far as told apart here. */
  operation: string;
  accessKeyId: string;
  method: string;
  /** With its query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export async function readRequest(request: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { method = 'GET', url = '/', headers } = request;
  // In the header, or in the query where a request was signed for beforehand.
  const [, accessKeyId = '', , service = ''] =
    /Credential=([^/]+)\/(\d+)\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? decodeURIComponent(url)) ??
    [];
  const incoming = { service, accessKeyId, method, url, headers, body };
  return { ...incoming, operation: operationOf(incoming) };
}

// https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_Operations.html
const EMR_OPERATIONS: readonly (readonly [RegExp, string])[] = [
  [/^POST \/applications$/, 'CreateApplication'],
  [/^GET \/applications$/, 'ListApplications'],
  [/^GET \/applications\/[^/]+$/, 'GetApplication'],
  [/^PATCH \/applications\/[^/]+$/, 'UpdateApplication'],
  [/^DELETE \/applications\/[^/]+$/, 'DeleteApplication'],
  [/^POST \/applications\/[^/]+\/start$/, 'StartApplication'],
  [/^POST \/applications\/[^/]+\/stop$/, 'StopApplication'],
  [/^POST \/applications\/[^/]+\/jobruns$/, 'StartJobRun'],
  [/^GET \/applications\/[^/]+\/jobruns$/, 'ListJobRuns'],
  [/^GET \/applications\/[^/]+\/jobruns\/[^/]+$/, 'GetJobRun'],
  [/^DELETE \/applications\/[^/]+\/jobruns\/[^/]+$/, 'CancelJobRun'],
  [/^GET \/applications\/[^/]+\/jobruns\/[^/]+\/dashboard$/, 'GetDashboardForJobRun'],
];

function operationOf({ service, method, url, headers, body }: Omit<Incoming, 'operation'>): string {
  const path = url.replace(/\?.*/s, '');
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  if (service === 'emr-serverless') {
    return EMR_OPERATIONS.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? `${method} ${path}`;
  }
  if (service === 's3') return s3Operation(method, url);
  return new URLSearchParams(body.toString()).get('Action') ?? `${method} ${path}`;
}

function s3Operation(method: string, url: string): string {
  const isObject = /^\/[^/?]+\/[^?]/.test(url);
  if (method === 'HEAD') return isObject ? 'HeadObject' : 'HeadBucket';
  if (method === 'GET' && /[?&]uploadId=/.test(url)) return 'ListParts';
  if (method === 'GET')
    return isObject ? 'GetObject' : /[?&]uploads/.test(url) ? 'ListUploads' : 'ListObjects';
  if (method === 'PUT' && /[?&]partNumber=/.test(url)) return 'UploadPart';
  if (method === 'PUT') return isObject ? 'PutObject' : 'CreateBucket';
  if (method === 'POST' && /[?&]uploads/.test(url)) return 'CreateMultipartUpload';
  if (method === 'POST' && /[?&]uploadId=/.test(url)) return 'CompleteMultipartUpload';
  return `${method} ${url}`;
}

export function sendJson(response: ServerResponse, document: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(document));
}

/** An error as the service's protocol says it. */
export function sendError(
  response: ServerResponse,
  { service, method }: Pick<Incoming, 'service' | 'method'>,
  { status, type, message }: { status: number; type: string; message: string },
): void {
  if (service === 's3') {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(method === 'HEAD' ? '' : `<Error><Code>${type}</Code><Message>${message}</Message></Error>`);
  } else if (service === 'iam' || service === 'sts') {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${type}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
  } else {
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
    response.end(JSON.stringify({ __type: type, message }));
  }
}
