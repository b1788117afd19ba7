/** Shell blocks of a document, run as a reader would type them: in one bash, on a copy of the movies graph. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../support/paths.js';

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** The `sh` blocks of a document, in order. */
export function shellBlocks(document: string): string[] {
  const text = readFileSync(join(repositoryRoot, document), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/** A folder with the graph that documents call `/data/graph`, and the built command on the PATH. */
export class Shell {
  readonly folder = mkdtempSync(join(tmpdir(), 'gs-docs-'));
  readonly graph = join(this.folder, 'graph');

  constructor(command = join(repositoryRoot, 'dist/bin/main.js')) {
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), this.graph, { recursive: true });
    this.put('gs-repartition', `exec "${process.execPath}" "${command}" "$@"`);
  }

  /** Puts a program on the PATH. */
  put(name: string, script: string): void {
    mkdirSync(join(this.folder, 'bin'), { recursive: true });
    const file = join(this.folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Runs a block; the first command that fails ends it. */
  run(block: string, env: NodeJS.ProcessEnv = {}): Ran {
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-euo', 'pipefail', '-c', block.replaceAll('/data/graph', this.graph)],
      {
        cwd: this.folder,
        env: { ...process.env, PATH: `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`, ...env },
        encoding: 'utf8',
      },
    );
    return { code: status, out: stdout, err: stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
