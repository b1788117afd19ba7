/** The command line as a function: words in, exit code out. */
import type { Command, Session } from './command.js';
import { commonOptions, type LogLevel } from './common-options.js';
import { Console, hasNoReader, reasonOf, watchWrites } from './console.js';
import { describeFailure } from './failure.js';
import { oneLine } from './format.js';
import { withInterrupts } from './interrupt.js';
import { makeLogger } from './logger.js';
import { envName, type Source, unknownVariables, type Values } from './options.js';
import type { Parsed } from './parse.js';
import { noProgress, progressBar, type ProgressDisplay, progressLines } from './progress.js';
import { version } from './version.js';
import { EXIT, type World } from './world.js';

/**
 * Runs the command that `argv` (without node and script) names.
 * @returns the exit code; never throws
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const source: Source = { argv, env: world.env };
  const console = new Console(world.stderr);
  const writes = watchWrites(world.stdout);
  const code = await runSource(source, { world, console });
  const failure = await writes();
  if (!failure || hasNoReader(failure, world.stdout)) return code;
  const done = code === EXIT.success ? 'all is done, but ' : '';
  console.line(
    `gs-repartition: ${done}the result could not be written to standard output: ${reasonOf(failure)}.`,
  );
  return code === EXIT.success ? EXIT.failure : code;
}

async function runSource(
  source: Source,
  { world, console }: { world: World; console: Console },
): Promise<number> {
  let parsed: Parsed;
  try {
    parsed = await understood(source, world.stdout.columns);
  } catch (error) {
    return fail(error, { world, console, json: wantsJson(source), debug: false });
  }
  if (parsed.kind === 'text') {
    world.stdout.write(`${parsed.text}\n`);
    return EXIT.success;
  }
  return runCommand(parsed.command, parsed.values, { world, console, source });
}

/** Whoever asks for the version alone need not wait for yargs and all commands. */
async function understood(source: Source, columns: number | undefined): Promise<Parsed> {
  const [first, ...others] = source.argv;
  if (first === '--version' && others.length === 0) return { kind: 'text', text: version };
  return (await import('./parse.js')).parse(source, columns);
}

async function runCommand(
  command: Command,
  values: Readonly<Record<string, unknown>>,
  { world, console, source }: { world: World; console: Console; source: Source },
): Promise<number> {
  const common = values as Values<typeof commonOptions>;
  const log = makeLogger(console, common['log-level'], world.env);
  await warnOfVariables(command, source, (message) => log.warn(message));
  const progress = displayFor(common, console, log);
  const writeLine = (line: string): void => {
    world.stdout.write(`${line}\n`);
  };
  try {
    return await withInterrupts(
      world.signals,
      {
        onFirst: (name) =>
          console.line(
            name === 'SIGHUP'
              ? 'gs-repartition: the terminal has gone; stopping'
              : 'gs-repartition: stopping; press Ctrl-C again to stop at once',
          ),
        onSecond: () => {
          progress.stop();
          world.exit(EXIT.interrupted);
        },
      },
      (signal) => {
        const session: Session = {
          world,
          log,
          progress,
          signal,
          print: (line) => writeLine(oneLine(line)),
          printDocument: (document) => writeLine(JSON.stringify(document, null, 2)),
        };
        return command.run(values, session);
      },
    );
  } catch (error) {
    progress.stop();
    const flags = Object.keys({ ...command.options, ...commonOptions });
    const code = fail(
      error,
      { world, console, json: common.json, debug: isDebug(common['log-level']) },
      flags,
    );
    return code === EXIT.failure ? (command.failureCode ?? code) : code;
  } finally {
    progress.stop();
  }
}

function displayFor(
  values: Values<typeof commonOptions>,
  console: Console,
  log: Session['log'],
): ProgressDisplay {
  if (values['no-progress']) return noProgress;
  return console.stream.isTTY === true ? progressBar(console) : progressLines(log);
}

async function warnOfVariables(
  command: Command,
  source: Source,
  warn: (message: string) => void,
): Promise<void> {
  const namesOf = (some: readonly Command[]): string[] => some.flatMap(({ options }) => Object.keys(options));
  const known = [...namesOf([command]), ...Object.keys(commonOptions)];
  if (unknownVariables(known, source).length === 0) return;
  // Perhaps another command's.
  const { allCommands } = await import('./commands/index.js');
  for (const name of unknownVariables([...known, ...namesOf(await allCommands())], source)) {
    warn(`${name} is no option of ours and changes nothing; see gs-repartition --help`);
  }
}

function fail(
  error: unknown,
  { world, console, json, debug }: { world: World; console: Console; json: boolean; debug: boolean },
  flags: readonly string[] = [],
): number {
  const failure = describeFailure(error, flags);
  console.line(failure.line);
  if (debug) console.line(failure.details.split('\n').map(oneLine).join('\n'));
  if (json) world.stdout.write(`${JSON.stringify(failure.document, null, 2)}\n`);
  return failure.exitCode;
}

function isDebug(level: LogLevel): boolean {
  return level === 'DEBUG';
}

/** Whether a command line that could not be parsed asked for JSON. */
function wantsJson({ argv, env }: Source): boolean {
  return argv.includes('--json') || /^(1|true|yes|on)$/i.test(env[envName('json')] ?? '');
}
