// The limit in the model: the copies that an alignment asked for and nothing else, by a client that hardly takes any
// processor time. Each new object is an upload of its own, as it must be.
//
//     bare-copies.mjs JOB      JOB is a JSON file: {endpoint, bucket, inFlight, uploads: [{key, copies: [{source, range}]}]}
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

const { endpoint, bucket, inFlight, uploads } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const agent = new Agent({ keepAlive: true, maxSockets: inFlight });

function send(method, path, headers = {}, body = '') {
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${endpoint}/${bucket}/${path}`,
      { method, agent, headers: { ...headers, ...length } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (more) => (text += more));
        answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      },
    );
    sent.on('error', reject).end(body);
  });
}

const element = (xml, name) => xml.split(`<${name}>`)[1].split('<')[0];

async function copy({ key, copies }) {
  const id = element(await send('POST', `${key}?uploads`), 'UploadId');
  const parts = copies.map(async ({ source, range }, i) => {
    const headers = { 'x-amz-copy-source': source, 'x-amz-copy-source-range': range };
    const xml = await send('PUT', `${key}?partNumber=${i + 1}&uploadId=${id}`, headers);
    return `<Part><PartNumber>${i + 1}</PartNumber><ETag>${element(xml, 'ETag')}</ETag></Part>`;
  });
  const list = (await Promise.all(parts)).join('');
  await send(
    'POST',
    `${key}?uploadId=${id}`,
    {},
    `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`,
  );
}

const started = performance.now();
// The agent's sockets are the limit; requests wait for one in the order in which they were made.
let next = 0;
async function worker() {
  while (next < uploads.length) await copy(uploads[next++]);
}
await Promise.all(Array.from({ length: inFlight }, worker));
agent.destroy();
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));
