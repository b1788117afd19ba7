/** A person's shell, in which the AWS command line and ours run beside each other. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, type Ran, runProgram } from '../aws/cli.js';
import { python, repositoryRoot } from '../support/paths.js';
import { PythonWorker } from '../support/python-worker.js';

export type Variables = Record<string, string | undefined>;

export class Shell {
  /** With `.aws/config` and `.aws/credentials`, once they are written. */
  readonly home = mkdtempSync(join(tmpdir(), 'shell-'));
  private readonly packages: string;
  private readonly started: PythonWorker;

  /** Installs the AWS command line, unless it is there. */
  constructor() {
    const script = join(repositoryRoot, 'scripts', 'aws-cli.mjs');
    this.packages = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
    this.started = new PythonWorker('the AWS command line', 'aws_cli.py', [this.packages, this.home]);
    mkdirSync(join(this.home, '.aws/sso/cache'), { recursive: true });
  }

  close(): void {
    this.started.stop();
    rmSync(this.home, { recursive: true });
  }

  /** Replaces the files of profiles. */
  configure({ config = '', credentials = '' }: { config?: string; credentials?: string }): void {
    this.write('.aws/config', config);
    this.write('.aws/credentials', credentials);
  }

  /** @returns the file's path */
  write(name: string, text: string, mode?: number): string {
    const path = join(this.home, name);
    writeFileSync(path, text, mode === undefined ? {} : { mode });
    return path;
  }

  /** @param line the arguments of `aws`, with spaces between them */
  async aws(line: string, variables: Variables): Promise<Ran> {
    const words = line.split(' ');
    const env = { ...process.env, ...this.environment(variables) };
    const before = variables['PYTHONPATH'];
    // What changes Python itself needs a process that starts with it.
    if (before === undefined) {
      return (await this.started.call('run', { words, env, cwd: this.home })) as Ran;
    }
    const changed = { ...env, PYTHONPATH: `${before}:${this.packages}` };
    return runProgram(python, ['-m', 'awscli', ...words], { env: changed, cwd: this.home });
  }

  /** @param line the arguments of `gs-repartition`, with spaces between them */
  ours(line: string, variables: Variables): Promise<Ran> {
    return command(line, { env: this.environment(variables), cwd: this.home });
  }

  /** Nothing of the tests' own environment that AWS's programs look at. */
  private environment(variables: Variables): Variables {
    const others = Object.keys(process.env).filter((name) => /^AWS_|_proxy$|_CA_BUNDLE$/i.test(name));
    return {
      ...Object.fromEntries(others.map((name) => [name, undefined])),
      HOME: this.home,
      // No test asks the machine's own; a situation may name another.
      AWS_EC2_METADATA_DISABLED: 'true',
      ...variables,
    };
  }
}
