/** The engine in a process of its own, begun anew when it dies, hangs, or holds too much memory. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { repositoryRoot } from '../support/paths.js';

/** What became of a mutant: a file, one line that refuses it, or an error that nobody expected. */
export type Attempt = { path: string } | { refused: string } | { internal: string };

/** Attempts by their method; or what the process did instead of answering. */
export type Outcome = { results: Record<string, Attempt> } | { failure: string };

export interface Limits {
  seconds: number;
  /** Of memory that the process ever held, by the kernel's count. */
  megabytes: number;
}

export class Target {
  #running: { child: ChildProcessWithoutNullStreams; lines: Interface; stderr: string } | undefined;

  /** @param folder the only one that it may write in */
  constructor(
    private readonly folder: string,
    private readonly limits: Limits,
  ) {}

  async run(request: object): Promise<Outcome> {
    const running = (this.#running ??= this.#start());
    running.child.stdin.write(`${JSON.stringify(request)}\n`);
    const stop = new AbortController();
    const { signal } = stop;
    const ended = once(running.child, 'close', { signal }).then(
      ([code, reason]) =>
        `it ended (${String(reason ?? `exit code ${String(code)}`)}): ${running.stderr.slice(-500)}`,
    );
    const answered = once(running.lines, 'line', { signal }).then(
      ([line]) => JSON.parse(String(line)) as { results: Record<string, Attempt>; megabytes: number },
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(
        () => resolve(`it hangs: no answer after ${this.limits.seconds} s`),
        this.limits.seconds * 1000,
      );
    });
    const first = await Promise.race([answered, ended, late]);
    clearTimeout(timer);
    for (const one of [answered, ended]) one.catch(() => undefined);
    stop.abort();
    if (typeof first === 'string') {
      this.close();
      return { failure: first };
    }
    if (first.megabytes > this.limits.megabytes) {
      this.close();
      return { failure: `it held ${Math.round(first.megabytes)} MB, more than ${this.limits.megabytes}` };
    }
    return { results: first.results };
  }

  #start() {
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const child = spawn(
      process.execPath,
      [
        '--no-warnings',
        permission,
        '--allow-addons',
        '--allow-fs-read=*',
        `--allow-fs-write=${this.folder}/*`,
        join(repositoryRoot, 'test', 'fuzz', 'target.mjs'),
      ],
      { stdio: 'pipe' },
    );
    const running = { child, lines: createInterface({ input: child.stdout }), stderr: '' };
    child.stderr.on('data', (chunk: Buffer) => {
      running.stderr = (running.stderr + chunk.toString()).slice(-4000);
    });
    // A process that has just died cannot be written to; its end is told by its close.
    child.stdin.on('error', () => undefined);
    return running;
  }

  close(): void {
    this.#running?.child.kill('SIGKILL');
    this.#running = undefined;
  }
}
