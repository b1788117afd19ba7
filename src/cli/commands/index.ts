/** All commands. Those of a group are loaded when its name is typed: an alignment should not wait for AWS. */
import type { Command } from '../command.js';
import { cleanCommand } from './clean.js';
import { planCommand } from './plan.js';
import { repartitionCommand } from './repartition.js';
import { statusCommand } from './status.js';
import { verifyCommand } from './verify.js';

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
  statusCommand,
  cleanCommand,
];

export const groups: readonly CommandGroup[] = [
  {
    name: 'emr-serverless',
    words: ['setup', 'submit', 'status', 'cancel', 'list'],
    load: async () => (await import('../emr-serverless.js')).emrServerlessCommands,
  },
  {
    name: 'sagemaker',
    words: ['submit'],
    load: async () => (await import('../sagemaker.js')).sagemakerCommands,
  },
  {
    name: 'completion',
    words: ['bash', 'zsh', 'fish'],
    load: async () => (await import('../completion/index.js')).completionCommands(allCommands),
  },
];

/** Every command of every group. */
export async function allCommands(): Promise<readonly Command[]> {
  return [...commands, ...(await Promise.all(groups.map((group) => group.load()))).flat()];
}
