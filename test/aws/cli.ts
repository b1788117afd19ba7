/** The built command as a process, as a person or a script starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { mustBeDocument } from '../support/documents.js';
import { python, repositoryRoot } from '../support/paths.js';

export const MAIN = join(repositoryRoot, 'dist', 'bin', 'main.js');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Surroundings {
  /** Over the environment of the tests; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Told of standard error as it comes. */
  watch?: (stderr: string, child: ChildProcess) => void;
}

/** What still runs when a test gave up ends with the tests. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Waits for any program. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, cwd, watch }: Surroundings = {},
): Promise<Ran> {
  const child = spawn(program, args, {
    env: Object.fromEntries(
      Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined),
    ),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    watch?.(stderr, child);
  });
  running.add(child);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    }),
  );
}

/** Runs `gs-repartition`. @param line its arguments, with spaces between them */
export async function command(line: string, surroundings: Surroundings = {}): Promise<Ran> {
  const ran = await runProgram(process.execPath, [MAIN, ...line.split(' ')], surroundings);
  if (/ --(json|dry-run|print-policies)( |$)/.test(line) && ran.stdout !== '') mustBeDocument(ran.stdout);
  return ran;
}

/** Runs it on a terminal of its own, where everything it prints comes out as `stdout`. @param steps when which text shows, type what */
export function onTerminal(line: string, steps: readonly (readonly [string, string])[]): Promise<Ran> {
  const driver = join(repositoryRoot, 'test', 'python', 'terminal.py');
  return runProgram(python, [driver, JSON.stringify(steps), process.execPath, MAIN, ...line.split(' ')]);
}
