/** The command line with the process around it. */
import { engine } from './engine.js';
import { describeFailure } from './failure.js';
import { run } from './run.js';
import { EXIT } from './world.js';

// Nothing we know of comes here; what does is a bug, and told like one.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${describeFailure(error).line}\n`);
  process.exit(EXIT.failure);
});

// A reader that has seen enough (`| head`) must not end a run in the middle.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Not process.exit: what is written to a pipe has to arrive first.
process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  // Opened only to ask a question.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  signals: process,
  exit: (code) => process.exit(code),
  engine,
});
