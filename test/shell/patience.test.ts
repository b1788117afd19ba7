/** How long a server may be silent: longer over the end of an upload, through a proxy too. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompleteMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { requestHandler } from '../../src/aws-config/request-handler.js';
import { connect } from '../../src/s3/client.js';

/** Answers nothing for a while, as a server does that copies parts. */
let silent: Server;
let port: number;

beforeAll(async () => {
  silent = createServer((_, response) => void setTimeout(() => response.end('done'), 500));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  ({ port } = silent.address() as AddressInfo);
});
afterAll(() => void silent.close());
afterEach(() => void vi.unstubAllEnvs());

it.each([[undefined], ['a proxy']])('is as long as is said of the request (%s)', async (proxy) => {
  if (proxy !== undefined) vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
  const patience = { for: ({ method }: HttpRequest) => method === 'POST', socketTimeout: 60_000 };
  const handler = requestHandler({ connectionTimeout: 10_000, socketTimeout: 50, patience }, undefined);
  const request = (method: string): HttpRequest =>
    new HttpRequest({ method, protocol: 'http:', hostname: '127.0.0.1', port, path: '/' });
  await expect(handler.handle(request('GET'))).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(handler.handle(request('POST'))).resolves.toMatchObject({ response: { statusCode: 200 } });
  handler.destroy();
});

it('is minutes where S3 makes one object of parts', async () => {
  const sent = vi.spyOn(NodeHttpHandler.prototype, 'handle');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key').stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const { client } = await connect('graphs', {
    endpointUrl: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    maxAttempts: 1,
  });
  const upload = { Bucket: 'graphs', Key: 'part', UploadId: 'id' };
  // What it answers is nothing that S3 would.
  const ignored = (): void => undefined;
  await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'rows' })).catch(ignored);
  await client.send(new CompleteMultipartUploadCommand(upload)).catch(ignored);
  const silences = (sent.mock.contexts as NodeHttpHandler[]).map(
    (handler) => handler.httpHandlerConfigs().socketTimeout,
  );
  sent.mockRestore();
  client.destroy();
  expect(silences).toEqual([120_000, 600_000]);
});
