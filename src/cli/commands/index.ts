/** All commands. Those that need AWS are loaded when their name is typed: an alignment should not wait for them. */
import type { Command } from '../command.js';
import { cleanCommand } from './clean.js';
import { inspectCommand } from './inspect.js';
import { lsCommand } from './ls.js';
import { planCommand } from './plan.js';
import { repartitionCommand } from './repartition.js';
import { reportCommand } from './report.js';
import { statusCommand } from './status.js';
import { uploadCommand } from './upload.js';
import { verifyCommand } from './verify.js';
import { workerCommand } from './worker.js';

/** A command that is loaded when its name is typed. */
export interface LateCommand {
  name: string;
  /** For `--help`, which loads nothing. */
  describe: string;
  load: () => Promise<Command>;
}

/** Commands whose names begin with one word. */
export interface CommandGroup {
  name: string;
  /** The second words of its commands, in the order of `--help`. */
  words: readonly string[];
  load: () => Promise<readonly Command[]>;
}

export const commands: readonly Command[] = [
  repartitionCommand,
  planCommand,
  verifyCommand,
  inspectCommand,
  reportCommand,
  lsCommand,
  statusCommand,
  cleanCommand,
  uploadCommand,
  workerCommand,
];

export const lateCommands: readonly LateCommand[] = [
  {
    name: 'partition',
    describe: 'Hand an aligned graph over to GraphStorm’s partitioning on SageMaker',
    load: async () => (await import('../partition.js')).partitionCommand,
  },
];

export const groups: readonly CommandGroup[] = [
  {
    name: 'emr-serverless',
    words: ['setup', 'submit', 'submit-alignment', 'status', 'cancel', 'list'],
    load: async () => (await import('../emr-serverless.js')).emrServerlessCommands,
  },
  {
    name: 'image',
    words: ['build', 'push'],
    load: async () => (await import('../image.js')).imageCommands,
  },
  {
    name: 'sagemaker',
    words: ['submit'],
    load: async () => (await import('../sagemaker.js')).sagemakerCommands,
  },
];

/** Every command there is. */
export async function allCommands(): Promise<readonly Command[]> {
  const late = await Promise.all(lateCommands.map(({ load }) => load()));
  return [...commands, ...late, ...(await Promise.all(groups.map((group) => group.load()))).flat()];
}
