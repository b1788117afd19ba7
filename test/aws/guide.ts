/** Runs the code blocks of a guide as a reader would: in one shell, one after the other, in an account on loopback. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Account } from './account.js';
import { aws } from './built.js';
import { MAIN, type Ran, runProgram } from './cli.js';
import type { JobRun } from './front.js';
import { ImageTools } from './image-tools.js';

interface Block {
  language: string;
  text: string;
}

/** All fenced blocks of a document, or of the chapter under one of its headings. */
function blocksOf(document: string, heading: string | undefined): Block[] {
  const text = readFileSync(join(repositoryRoot, document), 'utf8');
  const from = heading === undefined ? 0 : text.indexOf(`\n${heading}\n`);
  if (from < 0) throw new Error(`${document} has no chapter "${heading ?? ''}"`);
  const level = /^#*/.exec(heading ?? '')?.[0].length ?? 0;
  const rest = text.slice(from + 1 + (heading ?? '').length);
  const end = level === 0 ? -1 : rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  const chapter = end < 0 ? rest : rest.slice(0, end);
  return [...chapter.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

export class Guide {
  private readonly ran = new Set<number>();

  private constructor(
    readonly account: Account,
    readonly blocks: readonly Block[],
    private readonly folder: string,
  ) {}

  /**
   * An account with what the guide asks for: an image, a bucket, a table's configuration, a checkout of GraphStorm.
   * @param withTools the image is not there, but what it is made with
   */
  static async open(document: string, heading?: string, { withTools = false } = {}): Promise<Guide> {
    const account = await Account.open();
    if (!withTools) await account.pushImage();
    await account.nameBucket('my-bucket');
    await account.put('gsprocessing-input/gconstruct-config.json', '{}');
    account.front.quotas.set('ml.t3.xlarge for processing job usage', 2);
    account.front.quotas.set('Size of EBS volume for a processing job instance', 500);

    const folder = mkdtempSync(join(tmpdir(), 'gs-guide-'));
    mkdirSync(join(folder, 'bin'));
    if (withTools) new ImageTools(folder);
    writeFileSync(
      join(folder, 'bin', 'gs-repartition'),
      `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
      { mode: 0o755 },
    );
    const scripts = join(folder, 'graphstorm', 'graphstorm-processing', 'graphstorm_processing');
    mkdirSync(scripts, { recursive: true });
    writeFileSync(join(scripts, 'distributed_executor.py'), '# stands for GSProcessing\n');
    const launched = join(folder, 'graphstorm', 'sagemaker', 'run');
    mkdirSync(launched, { recursive: true });
    writeFileSync(join(launched, 'partition_entry.py'), '# stands for GraphStorm\n');
    // The package as a program has it that installed it.
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(repositoryRoot, join(folder, 'node_modules', 'gs-repartition'));
    return new Guide(account, blocksOf(document, heading), folder);
  }

  async close(): Promise<void> {
    await this.account.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Blocks that no test ran. */
  get left(): string[] {
    return this.blocks.filter((_, i) => !this.ran.has(i)).map(({ text }) => text);
  }

  private take(i: number, language: string): string {
    const block = this.blocks[i];
    expect(block?.language, `block ${i}`).toBe(language);
    this.ran.add(i);
    return block?.text ?? '';
  }

  /** Runs shell blocks in one shell. The variables that blocks set live on in the next call. */
  async run(...which: number[]): Promise<Ran> {
    const texts = which.map((i) => this.take(i, 'sh'));
    const state = join(this.folder, 'state');
    const names = this.blocks.flatMap(({ text }) => [...text.matchAll(/^(?:export )?([A-Z_]+)=/gm)]);
    const script = [
      'set -euo pipefail',
      ...(existsSync(state) ? [`. ${state}`] : []),
      ...texts,
      `for name in ${[...new Set(names.map(([, name]) => name))].join(' ')}; do declare -p $name 2>/dev/null || true; done > ${state}`,
    ].join('\n');
    return runProgram('bash', ['-c', script], {
      cwd: this.folder,
      env: {
        PATH: `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        GS_REPARTITION_NO_PROGRESS: '1',
        // The guide says which.
        AWS_REGION: undefined,
      },
    });
  }

  /** Checks the types of a TypeScript block against the built package, as its user's compiler would, and runs it. */
  async runTypeScript(i: number): Promise<Ran> {
    writeFileSync(join(this.folder, 'walk.ts'), this.take(i, 'ts'));
    const tsc = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = '--strict --skipLibCheck --target es2022 --module nodenext --types node --typeRoots';
    const compiled = await runProgram(
      process.execPath,
      [tsc, ...options.split(' '), join(repositoryRoot, 'node_modules', '@types'), 'walk.ts'],
      { cwd: this.folder },
    );
    expect(compiled.stdout).toBe('');
    return runProgram(process.execPath, ['walk.js'], { cwd: this.folder, env: { AWS_REGION: undefined } });
  }

  /** What a job does: writes the movies graph, misaligned, to its output prefix. */
  readonly writeGraph = async ({ request }: JobRun): Promise<undefined> => {
    const prefix = aws.outputPrefixOf(request as Parameters<typeof aws.outputPrefixOf>[0]) ?? '';
    const folder = prefix.replace('s3://my-bucket/', '').replace(/\/$/, '');
    await this.account.writeMovies(folder);
    await this.account.remove(`${folder}/updated_row_counts_metadata.json`);
    return undefined;
  };
}
