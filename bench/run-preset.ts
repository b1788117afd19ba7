/** From the command line's words to a report: whichever preset was asked for. */
import { totalmem } from 'node:os';
import { choose } from './choose.js';
import { describeCircumstances } from './machine.js';
import type { Cache } from './measure/measure.js';
import { log } from './options.js';
import { PRESETS } from './presets.js';
import type { Report } from './results.js';
import { runPeers, type RunContext } from './run.js';
import { runOnS3 } from './s3/run.js';
import { runOnModel } from './s3-model/run.js';
import { runScaling } from './scaling/run.js';
import { MIB } from './units.js';

export interface RunArguments {
  preset: keyof typeof PRESETS;
  cache: Cache;
  repeat: number | undefined;
  seed: number;
  concurrency: number | undefined;
  maxBytes: number | undefined;
  peers: string | undefined;
  graphs: string | undefined;
  curves: string | undefined;
  graphstorm: string | undefined;
  limit: number | undefined;
  check: boolean;
  parts: number | undefined;
  partBytes: number | undefined;
  latency: string | undefined;
  rates: string | undefined;
  command: string[] | undefined;
}

/**
 * @param typed the command line, for the report
 * @param folder for the data
 */
export async function runChosen(
  { preset: name, repeat, ...rest }: RunArguments,
  typed: readonly string[],
  folder: string,
): Promise<Report> {
  const { cache, concurrency, graphstorm, limit, check } = rest;
  const model = { ...rest, commands: rest.command };
  const preset = choose(PRESETS[name], { ...rest, repeats: repeat, model });
  const context: RunContext = {
    preset: name,
    ran: describeCircumstances(typed),
    // A third of the machine: Spark has more than that outside of its heap.
    settings: {
      cache,
      concurrency,
      graphstorm,
      limit,
      check,
      sparkMemoryMb: Math.floor(totalmem() / MIB / 3),
    },
    folder,
    log,
  };
  switch (preset.kind) {
    case 'peers':
      return runPeers(preset, context);
    case 's3':
      return runOnS3(preset, context);
    case 's3-model':
      return runOnModel(preset, context);
    case 'scaling':
      return runScaling(preset, context);
  }
}
