/** The command line in this process, with everything around it made here. */
import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { run } from '../../src/cli/run.js';
import type { Engine, Output, World } from '../../src/cli/world.js';
import type { Summary, VerifyReport } from '../../src/repartition/model.js';

export const summary: Summary = {
  status: 'succeeded',
  inputPrefix: '/data/graph',
  metadata: '/data/graph/metadata.json',
  updatedMetadata: '/data/graph/updated_row_counts_metadata.json',
  types: { total: 5, aligned: 3 },
  dataSets: { total: 12, rewritten: 7 },
  parts: { kept: 40, spliced: 1200, reencoded: 6, resumed: 2 },
  bytes: { kept: 5_000_000_000, copied: 128_000_000, written: 1_234_567 },
  rows: 123_456_789,
  seconds: 12.345,
};

export const ready: VerifyReport = {
  ready: true,
  checked: { types: 2, dataSets: 5, parts: 20, rows: 1000 },
  violations: [],
};

/** An engine for the tests that do not care what it does. */
const idleEngine: Engine = {
  repartition: () => Promise.resolve(summary),
  verifyPrefix: () => Promise.resolve(ready),
};

export interface Tried {
  code: number;
  stdout: string;
  stderr: string;
  /** Codes given to `exit`. */
  exits: number[];
}

export interface Surroundings {
  engine?: Partial<Engine>;
  env?: Record<string, string>;
  terminal?: boolean;
  signals?: EventEmitter;
}

/** Runs a command line; words are split at spaces. */
export async function attempt(
  line: string,
  { engine = {}, env = {}, terminal = false, signals = new EventEmitter() }: Surroundings = {},
): Promise<Tried> {
  const [stdout, stderr] = [capture(terminal), capture(terminal)];
  const exits: number[] = [];
  const world: World = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    signals,
    exit: (code) => exits.push(code),
    engine: { ...idleEngine, ...engine },
  };
  const argv = line.split(' ').filter((word) => word !== '');
  const code = await run(argv, world);
  return { code, stdout: stdout.text(), stderr: stderr.text(), exits };
}

function capture(isTTY: boolean): { stream: Output; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 100 }), text: () => chunks.join('') };
}
