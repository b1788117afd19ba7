/** The command line with the process around it. */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { RepartitionError } from '../errors.js';
import { ERASE, openOutput } from './console.js';
import { engine } from './engine.js';
import { describeFailure } from './failure.js';
import { withoutHangups } from './interrupt.js';
import { run } from './run.js';
import { EXIT, type Output } from './world.js';

/** @param folderIsGone the working folder was not there any more, and `/` is only in its place */
export async function start(folderIsGone: boolean): Promise<void> {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  const [stdout, stderr] = [openOutput(1), openOutput(2)];
  endOnBugs(stderr);
  leaveTerminals(terminals);
  if (folderIsGone) {
    // yargs asks for the folder as it is loaded, and keeps whom it asked.
    await import('./parse.js');
    refuseRelativePaths();
  }
  // Not process.exit: what is written to a pipe has to arrive first.
  process.exitCode = await run(process.argv.slice(2), {
    stdout,
    stderr,
    // Opened only to ask a question.
    get stdin() {
      return process.stdin;
    },
    env: process.env,
    signals: terminals.length > 0 ? process : withoutHangups(process),
    exit: (code) => process.exit(code),
    engine,
  });
}

/** Nothing we know of is thrown past everyone; what is, is a bug, and told like one. */
function endOnBugs(stderr: Output): void {
  const end = (error: unknown): void => {
    let line = 'gs-repartition: internal error.';
    try {
      ({ line } = describeFailure(error));
    } catch {
      // Anything can be thrown, also what can't be described.
    }
    stderr.write(`${stderr.isTTY === true ? ERASE : ''}${line}\n`);
    process.exit(EXIT.failure);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/** At its end Node sets terminals back to how it found them, and aborts when one of them has gone. We change none. */
function leaveTerminals(terminals: readonly number[]): void {
  process.on('exit', () => {
    for (const fd of terminals) {
      try {
        closeSync(fd);
        // Takes the number that has become free: nothing else may get it.
        openSync('/dev/null', 'r+');
      } catch {
        // Closed is as good.
      }
    }
  });
}

function refuseRelativePaths(): void {
  process.cwd = () => {
    throw new RepartitionError('usage', 'a relative path leads nowhere: the working folder was deleted', {
      hint: 'Change to a folder that exists, or give absolute paths.',
    });
  };
}
