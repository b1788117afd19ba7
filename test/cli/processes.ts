/** The command as a process, with an engine that waits for the test. */
import { spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { python, repositoryRoot } from '../support/paths.js';
import { expectReadyByFooters, hasSucceeded } from '../support/ready.js';
import { ready, summary } from './try.js';

/** The command as it is installed. */
export const MAIN = join(repositoryRoot, 'dist', 'bin', 'main.js');

const distUrl = (path: string): string => pathToFileURL(join(repositoryRoot, 'dist', path)).href;

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'gs-repartition-process-'));
  private made = 0;
  private readonly graphs: string[] = [];

  /** With all that was made, once every graph that was aligned is found ready. */
  async remove(): Promise<void> {
    for (const prefix of this.graphs) {
      if (await hasSucceeded(prefix)) await expectReadyByFooters({ inputPrefix: prefix });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A path for a file or folder that is not there yet. */
  path(name: string): string {
    return join(this.folder, `${this.made++}-${name}`);
  }

  /** A graph to align. */
  movies(): string {
    const prefix = this.path('movies');
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), prefix, { recursive: true });
    this.graphs.push(prefix);
    return prefix;
  }

  /**
   * The words that start the command with another engine. Its alignments log `working` and wait: for the signal, on
   * which they stop, or for the file `go`. Then they log more, and succeed.
   * @param meanwhile code that the engine runs after `working`
   */
  waiting(go: string, meanwhile = ''): string[] {
    const [engine, hooks, start] = [this.path('engine.mjs'), this.path('hooks.mjs'), this.path('start.mjs')];
    writeFileSync(
      engine,
      `import { existsSync } from 'node:fs';
       import { throwIfAborted } from ${JSON.stringify(distUrl('errors.js'))};
       import { setTimeout as sleep } from 'node:timers/promises';
       export const engine = {
         async repartition({ signal, log, onProgress }) {
           onProgress({ phase: 'inventory', done: 0, total: 2 });
           log.info('working');
           ${meanwhile}
           while (!existsSync(${JSON.stringify(go)}) && !signal.aborted) await sleep(10);
           throwIfAborted(signal);
           for (let done = 0; done < 3; done++) {
             onProgress({ phase: 'parts', done, total: 3, bytes: 5, totalBytes: 15, share: done / 3 });
             log.warn('going on');
             await sleep(10);
           }
           return ${JSON.stringify(summary)};
         },
         verifyPrefix: async () => (${JSON.stringify(ready)}),
       };`,
    );
    writeFileSync(
      hooks,
      `export const resolve = (name, context, next) =>
         next(name === './engine.js' ? ${JSON.stringify(pathToFileURL(engine).href)} : name, context);`,
    );
    writeFileSync(
      start,
      `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(hooks).href)});`,
    );
    const unbundled = join(repositoryRoot, 'dist', 'cli', 'main.js');
    const line = ['--input-prefix', '/data/graph'];
    return [process.execPath, '--no-warnings', '--import', pathToFileURL(start).href, unbundled, ...line];
  }
}

/** A process that has not ended after so long never will. */
const MOST_MS = 25_000;

export interface Ended {
  /** Negative: by that signal. */
  code: number | null;
  shown: string;
}

/** Runs a command on a terminal that goes away when `word` is shown or is a file that exists; `dies` is made then. */
export function hangUp(
  kind: 'session' | 'detached',
  { word, dies }: { word: string; dies: string },
  command: readonly string[],
): Ended {
  const driver = join(repositoryRoot, 'test', 'python', 'hangup.py');
  const { stdout, stderr } = spawnSync(python, [driver, kind, word, dies, ...command], {
    encoding: 'utf8',
    timeout: MOST_MS,
  });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as Ended;
}

/** Runs a line of the shell, in which `"$@"` is `command`. */
export function shell(
  line: string,
  command: readonly string[],
): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line, 'sh', ...command], {
    encoding: 'utf8',
    timeout: MOST_MS,
  });
  return { code: status, out: stdout, err: stderr };
}

/** Starts a command with its output in the file `log`. @returns when that says `word` */
export async function startUntil(
  word: string,
  log: string,
  [program = '', ...words]: readonly string[],
  stdio: StdioOptions,
): Promise<{ kill: (signal: NodeJS.Signals) => void; ended: Promise<number | NodeJS.Signals | null> }> {
  const child = spawn(program, words, { stdio });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? signal)),
  );
  const says = (): boolean => existsSync(log) && readFileSync(log, 'utf8').includes(word);
  while (child.exitCode === null && child.signalCode === null && !says()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { kill: (signal) => void child.kill(signal), ended };
}

/** What `repartition_status.json` under a prefix says. */
export function statusOf(prefix: string): unknown {
  return (JSON.parse(readFileSync(join(prefix, 'repartition_status.json'), 'utf8')) as { status?: unknown })
    .status;
}
