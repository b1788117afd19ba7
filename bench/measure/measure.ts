/** Runs a program and says what it cost; see `launch.py` for what is counted and how. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BenchError } from '../bench-error.js';
import { benchFolder } from '../paths.js';
import { benchPython } from '../python.js';

/** Whether the inputs are in the page cache when the clock starts. */
export type Cache = 'warm' | 'cold';

export interface Cost {
  /** From the start until all that was written is on disk. */
  seconds: number;
  /** The share of `seconds` after the program's end: bytes that it left to the kernel. */
  syncSeconds: number;
  cpuSeconds: number;
  /** Of the largest process. */
  peakRssBytes: number;
  /** By read and write calls, whatever the page cache had. */
  bytesRead: number;
  bytesWritten: number;
  filesWritten: number;
  /** Sizes of the files that the program made or changed. */
  outputBytes: number;
}

export interface Measured extends Cost {
  stdout: string;
}

export interface MeasureOptions {
  /** The folder that the program reads and writes. */
  folder: string;
  cache: Cache;
  env?: Readonly<Record<string, string>>;
  /** Seconds after which the program is stopped and has failed. */
  limit?: number;
}

interface LaunchReport extends Measured {
  exitCode: number;
}

/** @throws BenchError when the program fails, with the end of what it said */
export async function measure(command: readonly string[], options: MeasureOptions): Promise<Measured> {
  const { folder, cache, limit } = options;
  const args = [join(benchFolder, 'measure', 'launch.py'), '--folder', folder, '--cache', cache];
  if (limit !== undefined) args.push('--limit', String(limit));
  const { code, stdout, stderr } = await run(benchPython(), [...args, '--', ...command], options.env);
  if (code !== 0) throw new BenchError(`the launcher failed: ${lastWords(stderr)}`, 'Linux is needed');
  const { exitCode, ...measured } = JSON.parse(stdout) as LaunchReport;
  if (exitCode !== 0) {
    throw new BenchError(`${command.slice(0, 4).join(' ')} … ended with ${exitCode}`, lastWords(stderr));
  }
  return measured;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and keeps what it prints. */
export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

/**
 * The end of what a program said, and its error by name: Node.js puts a stack and all that an error holds behind it.
 * @internal
 */
export function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  const end = lines.slice(-5);
  const named = lines[lines.findIndex((line) => /^\s+at /.test(line)) - 1];
  return (named === undefined || end.includes(named) ? end : [named, '…', ...end]).join('\n');
}
