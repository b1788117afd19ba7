/** Runs a program of this machine, and tells what it says line by line. */
import { spawn } from 'node:child_process';
import { access, constants as modes } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { RepartitionError } from '../errors.js';
import { throwIfStopped } from './errors.js';

export interface ProgramOptions {
  /** Over the environment of this process. */
  env?: Readonly<Record<string, string>> | undefined;
  /** For its standard input, which is empty otherwise. */
  input?: string | undefined;
  /** Told of each line of both outputs. */
  onLine?: ((line: string) => void) | undefined;
  /** Ends the program. */
  signal?: AbortSignal | undefined;
}

export interface Ended {
  /** 128 and more when a signal ended it, as in a shell. */
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs it to its end, however that is.
 * @throws RepartitionError `not-found` when it can't be started, `interrupted`
 */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  { env = {}, input, onLine, signal }: ProgramOptions = {},
): Promise<Ended> {
  throwIfStopped(signal, `running ${program}`);
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  const stop = (): unknown => child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  // Who reads no input closes it early.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const outputs = [child.stdout, child.stderr].map(async (stream) => {
    const lines: string[] = [];
    for await (const line of createInterface({ input: stream })) {
      onLine?.(line);
      lines.push(line);
    }
    return lines.join('\n');
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, signalled) => {
        resolve(exit ?? 128 + constants.signals[signalled ?? 'SIGKILL']);
      });
    });
    throwIfStopped(signal, `running ${program}`);
    const [stdout = '', stderr = ''] = await Promise.all(outputs);
    return { code, stdout, stderr };
  } catch (error) {
    if (error instanceof RepartitionError) throw error;
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not on the PATH' : String(error);
    throw new RepartitionError('not-found', `${program} ${why}`, {
      hint: 'Install it and run the same command again.',
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** @throws RepartitionError `not-found` naming all that are missing */
export async function requirePrograms(names: readonly string[], who: string): Promise<void> {
  const there = await Promise.all(names.map(isOnPath));
  const missing = names.filter((_, i) => !there[i]);
  if (missing.length === 0) return;
  const [are, them, they] = missing.length === 1 ? ['is', 'it', 'it is'] : ['are', 'them', 'they are'];
  throw new RepartitionError('not-found', `${listed(missing)} ${are} not on the PATH: ${who} needs ${them}`, {
    hint: `Install ${them}, or run this where ${they}.`,
  });
}

function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}

async function isOnPath(name: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, name), modes.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
