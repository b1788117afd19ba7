/** All commands. But for the one without a name, they are loaded when theirs is typed: nobody should wait for the others. */
import type { Command } from '../command.js';
import { repartitionCommand } from './repartition.js';
import { titles } from './titles.js';

/** A command that is loaded when its name is typed. */
export interface LateCommand extends Pick<Command, 'name' | 'describe' | 'argument'> {
  load: () => Promise<Command>;
}

/** Commands whose names begin with one word. */
export interface CommandGroup {
  name: string;
  /** The second words of its commands, in the order of `--help`. */
  words: readonly string[];
  load: () => Promise<readonly Command[]>;
}

/** The one without a name. */
export const mainCommand: Command = repartitionCommand;

/** What else can be done with a graph. */
export const graphCommands: readonly LateCommand[] = [
  { ...titles.plan, load: async () => (await import('./plan.js')).planCommand },
  { ...titles.verify, load: async () => (await import('./verify.js')).verifyCommand },
  { ...titles.inspect, load: async () => (await import('./inspect.js')).inspectCommand },
  { ...titles.report, load: async () => (await import('./report.js')).reportCommand },
  { ...titles.ls, load: async () => (await import('./ls.js')).lsCommand },
  { ...titles.status, load: async () => (await import('./status.js')).statusCommand },
  { ...titles.clean, load: async () => (await import('./clean.js')).cleanCommand },
  { ...titles.worker, load: async () => (await import('./worker.js')).workerCommand },
];

/** Those with a word each, in the order of `--help`. */
export const lateCommands: readonly LateCommand[] = [
  ...graphCommands,
  { ...titles.upload, load: async () => (await import('../upload.js')).uploadCommand },
  { ...titles.partition, load: async () => (await import('../partition.js')).partitionCommand },
  { ...titles.run, load: async () => (await import('../walk.js')).runCommand },
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
  {
    name: 'completion',
    words: ['bash', 'zsh', 'fish'],
    load: async () => (await import('../completion/index.js')).completionCommands(allCommands),
  },
];

/** Every command there is. */
export async function allCommands(): Promise<readonly Command[]> {
  const late = await Promise.all(lateCommands.map(({ load }) => load()));
  return [mainCommand, ...late, ...(await Promise.all(groups.map((group) => group.load()))).flat()];
}
