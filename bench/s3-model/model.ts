/** The model's process, seen from the benchmark. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { get, request } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { BenchError } from '../bench-error.js';
import { measure, type Measured } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import type { CopiedRange } from './bucket.js';
import type { Costs } from './costs.js';
import type { Stats } from './counters.js';
import { PREFIX } from './graph.js';
import type { Recipe } from './recipe.js';

/** An object that a run has put there. */
export interface Added {
  key: string;
  size: number;
  etag: string;
  copies: CopiedRange[];
}

/** What the command needs to talk to the model, which checks no signature. */
export const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'model',
  AWS_SECRET_ACCESS_KEY: 'model',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

export class Model {
  private constructor(
    readonly endpoint: string,
    readonly bucket: string,
    /** When the process is gone. */
    readonly ended: Promise<void>,
    private readonly end: () => void,
  ) {}

  /**
   * @param folder for the model's own files
   * @throws BenchError when the model does not start
   */
  static async start(recipe: Recipe, costs: Costs, folder: string): Promise<Model> {
    await mkdir(folder, { recursive: true });
    const job = join(folder, 'model.json');
    await writeFile(job, JSON.stringify({ recipe, costs, spill: join(folder, 'uploaded') }));
    const program = join(benchFolder, 's3-model', 'serve.mjs');
    const child = spawn(process.execPath, [program, job], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const first = createInterface(child.stdout)[Symbol.asyncIterator]().next();
    const endpoint = (await Promise.race([first, ended]))?.value as string | undefined;
    if (endpoint === undefined)
      throw new BenchError('the model of S3 did not start', 'see its message above');
    return new Model(endpoint, recipe.bucket, ended, () => child.stdin.end());
  }

  stop(): Promise<void> {
    this.end();
    return this.ended;
  }

  async stats(): Promise<Stats> {
    return (await this.ask('stats')) as Stats;
  }

  /** Counts from zero. */
  async reset(): Promise<void> {
    await this.ask('reset');
  }

  /** Removes what was put there since the start. */
  async restore(): Promise<void> {
    await this.ask('restore');
  }

  async setCosts(costs: Partial<Costs>): Promise<void> {
    await this.ask('costs', JSON.stringify(costs));
  }

  /** In the order of keys. */
  async added(): Promise<Added[]> {
    return (await this.ask('added')) as Added[];
  }

  /** Without its latency. */
  async download(key: string, file: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    const path = `${this.endpoint}/_model/object/${encodeURIComponent(key)}`;
    const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      get(path, resolve).on('error', reject);
    });
    await pipeline(answer, createWriteStream(file));
  }

  private ask(what: string, body = ''): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = request(`${this.endpoint}/_model/${what}`, { method: 'POST' }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (more: string) => (text += more));
        answer.on('end', () => resolve(text === '' ? undefined : JSON.parse(text)));
      });
      asked.on('error', reject).end(body);
    });
  }
}

/** How the command is told of the graph in the model. */
export function graphOptions({ bucket, endpoint }: Model): string[] {
  return ['--input-prefix', `s3://${bucket}/${PREFIX}`, '--endpoint-url', endpoint];
}

/**
 * Runs a program that talks to the model, with an empty folder: nothing is read from a disk or written to one.
 * @throws BenchError when the program fails
 */
export async function runInModel(argv: readonly string[], folder: string): Promise<Measured> {
  const empty = join(folder, 'empty');
  await mkdir(empty, { recursive: true });
  return measure(argv, { folder: empty, cache: 'warm', env: CREDENTIALS });
}
