/** The way to ask about the model and to set it: without latency, and not counted. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bucket } from './bucket.js';
import type { Costs } from './costs.js';
import type { Counters } from './counters.js';
import { bodyOf, write } from './http.js';
import { read } from './rope.js';

/** No bucket is called so. */
export const CONTROL = '/_model/';

const BLOCK = 1024 * 1024;

export interface Controlled {
  bucket: Bucket;
  counters: Counters;
  costs: Costs;
}

/** @param path behind `CONTROL` */
export async function control(
  model: Controlled,
  message: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const body = Buffer.concat(await bodyOf(message)).toString();
  if (path.startsWith('object/')) {
    await sendObject(model.bucket, response, decodeURIComponent(path.slice('object/'.length)));
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(ask(model, path, body) ?? null));
}

function ask(model: Controlled, what: string, body: string): unknown {
  switch (what) {
    case 'stats':
      return model.counters.stats();
    case 'reset':
      model.counters.reset();
      return undefined;
    case 'restore':
      model.bucket.restore();
      return undefined;
    case 'costs':
      model.costs = { ...model.costs, ...(JSON.parse(body || '{}') as Partial<Costs>) };
      return model.costs;
    case 'added':
      return [...model.bucket.added()].map(([key, { rope, etag, copies = [] }]) => ({
        key,
        size: rope.length,
        etag,
        copies,
      }));
    default:
      return { error: `the model knows no ${what}` };
  }
}

async function sendObject(bucket: Bucket, response: ServerResponse, key: string): Promise<void> {
  const rope = bucket.get(key)?.rope;
  response.writeHead(rope ? 200 : 404, { 'content-length': rope?.length ?? 0 });
  for (let at = 0; rope && at < rope.length; at += BLOCK) {
    await write(response, read(rope, at, Math.min(rope.length, at + BLOCK)));
  }
  response.end();
}
