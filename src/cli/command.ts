/** A command as data. `run.ts` gives it to yargs and runs it. */
import type { Log } from '../repartition/api.js';
import type { commonOptions } from './common-options.js';
import type { OptionSet, Values } from './options.js';
import type { ProgressDisplay } from './progress.js';
import type { World } from './world.js';

/** What a running command works with. */
export interface Session {
  world: World;
  log: Log;
  progress: ProgressDisplay;
  /** Fired by Ctrl-C. */
  signal: AbortSignal;
  /** Writes a line to standard output; names in it may be anything. */
  print: (line: string) => void;
  /** Writes the one document of `--json`. */
  printDocument: (document: unknown) => void;
}

export interface CommandSpec<O extends OptionSet> {
  /** A word, two for a command of a group, or `$0` for the command without one. */
  name: string;
  describe: string;
  /** What follows the name in the usage line. */
  usage: string;
  options: O;
  /** A word that follows the name and must be given; it is found in `values` under its name. */
  argument?: { name: string; describe: string };
  /** Takes what follows ` -- ` as it is, and finds it in `values['--']`. */
  passesOn?: boolean;
  /** Command line (`$0` is our name) and what it does. */
  examples: readonly (readonly [string, string])[];
  /** The exit code of a failure that is neither a usage error nor an interruption; 1 unless given. */
  failureCode?: number;
  /** @returns the exit code */
  run(values: Values<O> & Values<typeof commonOptions>, session: Session): Promise<number>;
}

/** A command whose option types only itself knows. */
export type Command = Omit<CommandSpec<OptionSet>, 'run'> & {
  run(values: Readonly<Record<string, unknown>>, session: Session): Promise<number>;
};

export function defineCommand<const O extends OptionSet>(spec: CommandSpec<O>): Command {
  // yargs has made the values with the parsers of these very options.
  return spec;
}
