/** The command line as a function: words in, exit code out. */
import type { Command, Session } from './command.js';
import { commonOptions, LOG_LEVELS, type LogLevel } from './common-options.js';
import { Console, hasNoReader, reasonOf, watchWrites } from './console.js';
import { describeFailure, tellFailure } from './failure.js';
import { oneLine } from './format.js';
import { withInterrupts } from './interrupt.js';
import { type Logger, makeLogger } from './logger.js';
import { envName, type Source, unknownVariables, type Values } from './options.js';
import type { Parsed } from './parse.js';
import { onSentAgain } from '../sent-again.js';
import { noProgress, type ProgressDisplay, progressLine, progressLines } from './progress.js';
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
    parsed = await understood(source, columnsOf(world));
  } catch (error) {
    const format = typed(source, 'log-format')?.toLowerCase() === 'json' ? 'json' : 'text';
    const log = makeLogger(console, { level: 'INFO', format, env: world.env });
    return fail(error, { world, log, json: wantsJson(source) });
  }
  if (parsed.kind === 'text') {
    world.stdout.write(`${parsed.text}\n`);
    return EXIT.success;
  }
  return runCommand(parsed.command, parsed.values, { world, console, source });
}

/** Of the terminal; where the output goes elsewhere, what the shell says by `COLUMNS`. */
function columnsOf({ stdout, env }: World): number | undefined {
  const told = Number(env['COLUMNS']);
  return stdout.columns ?? (Number.isSafeInteger(told) && told > 0 ? told : undefined);
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
  const { quiet, 'log-format': format, 'log-level': level } = common;
  const log = makeLogger(console, { level: quiet ? quieter(level) : level, format, env: world.env });
  await warnOfVariables(command, source, (message) => log.warn(message));
  const progress = displayFor(common, { console, log, world });
  const writeLine = (line: string): void => {
    world.stdout.write(`${line}\n`);
  };
  const endTelling = log.isDebug ? onSentAgain((line) => log.debug(line)) : undefined;
  try {
    return await withInterrupts(
      world.signals,
      {
        onFirst: (name) =>
          log.always(
            'WARNING',
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
    const code = fail(error, { world, log, json: common.json }, flags);
    return code === EXIT.failure ? (command.failureCode ?? code) : code;
  } finally {
    progress.stop();
    endTelling?.();
  }
}

function displayFor(
  values: Values<typeof commonOptions>,
  { console, log, world }: { console: Console; log: Logger; world: World },
): ProgressDisplay {
  if (values['no-progress'] || values.quiet) return noProgress;
  // A terminal that can't go back in a line is a log.
  const canDraw = console.stream.isTTY === true && world.env['TERM'] !== 'dumb';
  return canDraw && values['log-format'] === 'text' ? progressLine(console) : progressLines(log);
}

/** At least that of warnings. */
function quieter(level: LogLevel): LogLevel {
  return LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf('WARNING') ? 'WARNING' : level;
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
  { world, log, json }: { world: World; log: Logger; json: boolean },
  flags: readonly string[] = [],
): number {
  const failure = describeFailure(error, flags);
  tellFailure(failure, log);
  if (json) world.stdout.write(`${JSON.stringify(failure.document, null, 2)}\n`);
  return failure.exitCode;
}

/** Whether a command line that could not be parsed asked for JSON. */
function wantsJson({ argv, env }: Source): boolean {
  return argv.includes('--json') || /^(1|true|yes|on)$/i.test(env[envName('json')] ?? '');
}

/** An option's value on such a command line. */
function typed({ argv, env }: Source, name: string): string | undefined {
  const at = argv.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (at < 0) return env[envName(name)];
  return argv[at]!.includes('=') ? argv[at]!.slice(name.length + 3) : argv[at + 1];
}
