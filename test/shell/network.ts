/** The network of a company, on loopback: a proxy, an authority of its own, and AWS behind both. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as send,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { python, repositoryRoot } from '../support/paths.js';

/** The hosts of AWS that stand on loopback here. */
const AWS_HOSTS = ['s3', 'sts', 'emr-serverless', 'logs', 'servicequotas', 'api.sagemaker', 'api.ecr'];

export interface Listening {
  /** `http://127.0.0.1:port` or `https://…` */
  url: string;
  stop(): Promise<void>;
}

/**
 * A server with TLS that goes by the names of AWS's hosts, of localhost and of 127.0.0.1, and hands all that it is asked to
 * `target`. Its certificate is signed by `folder`/ca.pem, which is made here.
 */
export async function startAwsHosts(folder: string, target: string): Promise<Listening> {
  const regional = AWS_HOSTS.map((host) => `${host}.us-east-1.amazonaws.com`);
  const names = [...regional, '*.s3.us-east-1.amazonaws.com', '*.s3.amazonaws.com', 's3.amazonaws.com'];
  const script = join(repositoryRoot, 'test', 'shell', 'certificates.py');
  const global = ['iam.amazonaws.com', 'sts.amazonaws.com', 'localhost', '127.0.0.1'];
  execFileSync(python, [script, folder, ...names, ...global]);
  const pem = readFileSync(join(folder, 'server.pem'));
  const server = createTlsServer({ key: pem, cert: pem }, (incoming, outgoing) => {
    handOver(incoming, outgoing, target, incoming.url ?? '/');
  });
  return listen(server, 'https');
}

export interface CompanyProxy extends Listening {
  /** What it was asked for: `CONNECT host:port`, or a method and a URL. */
  asked: string[];
}

/** @param hosts where tunnels end, whatever host is asked for @param login `user:password` that it insists on */
export async function startCompanyProxy(hosts: Listening, login?: string): Promise<CompanyProxy> {
  const asked: string[] = [];
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    login === undefined ||
    headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '', 'http://not-asked-as-a-proxy.invalid');
    asked.push(`${incoming.method ?? ''} ${url.href}`);
    if (!isWelcome(incoming)) {
      outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="company"' }).end();
      return;
    }
    handOver(incoming, outgoing, url.origin, url.pathname + url.search);
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url ?? ''}`);
    socket.on('error', () => undefined);
    if (!isWelcome(incoming)) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="company"\r\n\r\n',
      );
      return;
    }
    const onward = connect(Number(new URL(hosts.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  return { ...(await listen(server, 'http')), asked };
}

/** A proxy that hangs up on whoever asks for a tunnel, as one that is overloaded does. */
export function startClosingProxy(): Promise<Listening> {
  const server = createServer();
  server.on('connect', (_: IncomingMessage, socket: Socket) => socket.destroy());
  return listen(server, 'http');
}

/** An instance's metadata service, whose role has these keys. */
export function startInstanceMetadata(accessKeyId: string): Promise<Listening> {
  const credentials = {
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: new Date().toISOString(),
    AccessKeyId: accessKeyId,
    SecretAccessKey: 'of-the-instance',
    Token: 'of-the-instance',
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const role = '/latest/meta-data/iam/security-credentials/';
  const answers: Record<string, string> = {
    'PUT /latest/api/token': 'a-token',
    [`GET ${role}`]: 'graphs-instance',
    [`GET ${role}graphs-instance`]: JSON.stringify(credentials),
  };
  const server = createServer(({ method, url }, outgoing) => {
    const answer = answers[`${method ?? ''} ${url ?? ''}`];
    outgoing.writeHead(answer === undefined ? 404 : 200, {
      'content-type': 'text/plain',
      'x-aws-ec2-metadata-token-ttl-seconds': '21600',
    });
    outgoing.end(answer ?? '');
  });
  return listen(server, 'http');
}

/**
 * A container's credentials, as the agents of ECS and EKS hand them out to who knows the token.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function startContainerCredentials(accessKeyId: string, token: string): Promise<Listening> {
  const credentials = {
    AccessKeyId: accessKeyId,
    SecretAccessKey: 'of-the-container',
    Token: 'of-the-container',
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const server = createServer(({ headers }, outgoing) => {
    const isKnown = headers.authorization === token;
    outgoing.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(isKnown ? credentials : { code: 'AccessDenied', message: 'no such token' }));
  });
  return listen(server, 'http');
}

function handOver(incoming: IncomingMessage, outgoing: ServerResponse, target: string, path: string): void {
  const { hostname, port } = new URL(target);
  const isForNext = ([name]: [string, unknown]): boolean => !/^(proxy-)?connection$|^proxy-auth/.test(name);
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(isForNext));
  const onward = send({ hostname, port, method: incoming.method, path, headers }, (reply) => {
    delete reply.headers.connection;
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

async function listen(server: Server, scheme: string): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
