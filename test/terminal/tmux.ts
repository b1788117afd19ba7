/** A terminal of any size with somebody in front of it, by tmux: https://man.openbsd.org/tmux.1 */
import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Nobody waits for anything longer than that. */
const MOST_MS = 25_000;

let made = 0;

export class Terminal {
  private readonly server = `gs-repartition-test-${process.pid}-${made++}`;

  /**
   * @param command runs on it, a shell for instance
   * @param env beside that of this process
   */
  constructor(
    columns: number,
    command: string,
    {
      rows = 30,
      env = {},
      folder = '/',
    }: { rows?: number; env?: Record<string, string>; folder?: string } = {},
  ) {
    const sized = ['-x', String(columns), '-y', String(rows)];
    // Of its own server, which takes its environment from here.
    execFileSync(
      'tmux',
      [
        '-L',
        this.server,
        '-u',
        '-f',
        '/dev/null',
        'new-session',
        '-d',
        '-s',
        'test',
        '-c',
        folder,
        ...sized,
        command,
      ],
      { env: { ...process.env, ...env } },
    );
  }

  /** Types words, or keys by their names: `Enter`, `C-c`, `Tab`. */
  type(...keys: string[]): void {
    this.tmux('send-keys', '-t', 'test', ...keys);
  }

  resize(columns: number, rows = 30): void {
    this.tmux('resize-window', '-t', 'test', ...['-x', String(columns)], ...['-y', String(rows)]);
  }

  /** All lines that were ever shown and are not erased, those that are too long as one, without what is empty at the end. */
  lines(): string[] {
    return this.tmux('capture-pane', '-p', '-J', '-t', 'test', '-S', '-')
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
      .split('\n');
  }

  /** The same, with the sequences that colour it. */
  coloured(): string {
    return this.tmux('capture-pane', '-p', '-e', '-t', 'test', '-S', '-');
  }

  /** Waits until the screen is as somebody wants it. */
  async until(isSo: (lines: string[]) => boolean): Promise<string[]> {
    const started = Date.now();
    for (;;) {
      const lines = this.lines();
      if (isSo(lines)) return lines;
      if (Date.now() - started > MOST_MS)
        throw new Error(`the terminal stays as it is:\n${lines.join('\n')}`);
      await sleep(30);
    }
  }

  end(): void {
    spawnSync('tmux', ['-L', this.server, 'kill-server']);
  }

  private tmux(...words: string[]): string {
    return execFileSync('tmux', ['-L', this.server, ...words], { encoding: 'utf8' });
  }
}
