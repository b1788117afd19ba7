/** The built command, as a user's process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../support/paths.js';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  uid?: number;
  /** Called with all of standard error so far, whenever more comes. */
  onStderr?: (text: string, child: ChildProcess) => void;
}

/** Runs `gs-repartition <args>` to its end. */
export function gsRepartition(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(repositoryRoot, 'dist/bin/main.js'), ...args], {
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      outcome.stderr += chunk.toString();
      options.onStderr?.(outcome.stderr, child);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code }));
  });
}

/** The lines on standard error that are errors, not log lines. */
export function errorLines({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('gs-repartition: '));
}
