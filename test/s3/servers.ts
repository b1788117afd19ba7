/** Real S3 servers on loopback, for tests: started on a free port, stopped by the test that started them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { python, repositoryRoot } from '../support/paths.js';

const ACCESS_KEY = 'test-access-key';
const SECRET_KEY = 'test-secret-key';
const START_TIMEOUT_MS = 30_000;

export interface S3Server {
  name: 'moto' | 'versitygw' | 'minio';
  /** `http://127.0.0.1:port` */
  endpoint: string;
  stop(): Promise<void>;
}

export interface ServerWithUsers extends S3Server {
  /** An account that may do nothing but what a bucket's policy allows it. */
  addUser(accessKey: string, secretKey: string): void;
}

/** Whether it lists the open uploads of a prefix: MinIO does only for a whole key, and removes them itself after a day. */
export const listsUploads = process.env['S3_SERVER'] !== 'minio';

/** The server that the test run is about: moto, or the one named by the variable `S3_SERVER`. */
export function startServer(): Promise<S3Server> {
  const name = process.env['S3_SERVER'] ?? 'moto';
  if (name === 'moto') return startMoto();
  if (name === 'versitygw') return startVersitygw();
  if (name === 'minio') return startMinio();
  throw new Error(`S3_SERVER is "${name}", but only moto, versitygw and minio are known`);
}

/** moto's server: enforces the 5 MiB rule and keeps everything in memory. From the tests' Python environment. */
export async function startMoto(): Promise<S3Server> {
  if (!existsSync(python)) throw new Error('no .venv here: run node scripts/python-env.mjs first');
  const child = spawn(
    python,
    [join(repositoryRoot, 'test', 's3', 'start_moto.py'), '-H', '127.0.0.1', '-p', '0'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PYTHONUNBUFFERED: '1' },
    },
  );
  // Reading on keeps the pipe from filling up with what goes wrong in it.
  const endpoint = await until(child, (text) => /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1]);
  useCredentials();
  return { name: 'moto', endpoint, stop: () => end(child) };
}

/** A production server on a temporary folder. Built by `scripts/versitygw.mjs`. */
export async function startVersitygw(): Promise<ServerWithUsers> {
  const binary = builtBy('versitygw.mjs');
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  const [data, users] = [join(folder, 'data'), join(folder, 'users')];
  await Promise.all([mkdir(data), mkdir(users)]);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const env = { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY };
  const options = ['--port', `127.0.0.1:${port}`, '--keep-alive', '--quiet', '--iam-dir', users];
  const child = spawn(binary, [...options, 'posix', data], { stdio: ['ignore', 'ignore', 'pipe'], env });
  await until(
    child,
    () => undefined,
    async () => {
      const answer = await fetch(endpoint).catch(() => undefined);
      return answer?.headers.get('server') === 'VERSITYGW' ? endpoint : undefined;
    },
  );
  useCredentials();
  return {
    name: 'versitygw',
    endpoint,
    addUser: (accessKey, secretKey) => {
      const root = ['--access', ACCESS_KEY, '--secret', SECRET_KEY, '--endpoint-url', endpoint];
      const user = ['--access', accessKey, '--secret', secretKey, '--role', 'user'];
      execFileSync(binary, ['admin', ...root, 'create-user', ...user], { stdio: 'ignore' });
    },
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** MinIO on a temporary folder. Built by `scripts/minio.mjs`. */
async function startMinio(): Promise<S3Server> {
  const binary = builtBy('minio.mjs');
  const folder = await mkdtemp(join(tmpdir(), 'minio-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    ...{ MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY },
    // It asks nobody for news of itself.
    ...{ MINIO_UPDATE: 'off', MINIO_BROWSER: 'off' },
  };
  const child = spawn(binary, ['server', '--quiet', '--address', `127.0.0.1:${port}`, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  });
  await until(
    child,
    () => undefined,
    async () => {
      const answer = await fetch(`${endpoint}/minio/health/ready`).catch(() => undefined);
      return answer?.ok ? endpoint : undefined;
    },
  );
  useCredentials();
  return {
    name: 'minio',
    endpoint,
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param script of `scripts/`: builds a program once, and prints where it is */
function builtBy(script: string): string {
  return execFileSync(process.execPath, [join(repositoryRoot, 'scripts', script)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

/** The code under test finds its credentials by the standard chain: here, in the environment and nowhere else. */
export function useCredentials(): void {
  for (const name of Object.keys(process.env)) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the environment is a dictionary
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
}

/** Resolves when the child says it is ready, or `ask` finds so; rejects when it ends or takes too long. */
async function until(
  child: ChildProcess,
  ready: (text: string) => string | undefined,
  ask: () => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<string> {
  process.once('exit', () => child.kill('SIGKILL'));
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    // The beginning is all that is of interest.
    if (text.length < 10_000) text += chunk;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const found = ready(text) ?? (await ask());
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnfile} was not ready in ${START_TIMEOUT_MS / 1000} s: ${text}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
