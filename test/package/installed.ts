/** The package as `npm install` brings it: packed, and put into a folder of its own with what it asks for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../support/paths.js';

/** Packs what is in dist/: the scripts would build it anew under the other tests. */
export function pack(folder: string): string {
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
}

export interface Output {
  code: number | null;
  out: string;
  err: string;
}

/** A project that has installed the package, and a Node.js that runs it. */
export class Installed {
  readonly folder = mkdtempSync(join(tmpdir(), 'gs-package-'));
  private readonly env: NodeJS.ProcessEnv;

  /** @param node the program, whose folder comes first on the PATH */
  constructor(
    tarball: string,
    private readonly node = process.execPath,
  ) {
    this.env = { ...process.env, PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}` };
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const npm = join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm/bin/npm-cli.js');
    const options = ['--engine-strict', '--prefer-offline', '--no-audit', '--no-fund'];
    this.must(this.node, npm, 'install', ...options, tarball);
  }

  path(...path: string[]): string {
    return join(this.folder, 'node_modules', 'gs-repartition', ...path);
  }

  /** The command, by the name under which a shell finds it. */
  command(...args: string[]): Output {
    return this.run(join(this.folder, 'node_modules', '.bin', 'gs-repartition'), ...args);
  }

  /** What a program in the project prints. @param name its ending says whether it imports or requires */
  program(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return this.must(this.node, name);
  }

  /** A copy of the movies graph. */
  movies(name: string): string {
    const prefix = join(this.folder, name);
    cpSync(join(repositoryRoot, 'test', 'fixtures', 'movies'), prefix, { recursive: true });
    return prefix;
  }

  run(program: string, ...args: string[]): Output {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  }

  private must(program: string, ...args: string[]): string {
    const { code, out, err } = this.run(program, ...args);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${err}${out}`);
    return out;
  }

  /** Bytes of all that was installed. */
  bytes(): number {
    const entries = readdirSync(join(this.folder, 'node_modules'), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
