/** `gs-repartition worker --setup …`: does tasks that come as lines, for an engine that hands them out. */
import { Readable } from 'node:stream';
import { defineCommand } from '../command.js';
import { required, text } from '../options.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

export const workerCommand = defineCommand({
  ...titles.worker,
  usage: '--setup <json>',
  options: {
    setup: required(text('What all tasks share, as JSON: {"version": …, "location": …, "memory": …}')),
  },
  examples: [['$0 worker --setup "$(cat setup.json)" < tasks.jsonl', 'Do some tasks and end']],
  async run(values, { world, signal }) {
    const input = world.stdin ?? Readable.from([]);
    await world.engine.serveTasks(values.setup, { input, output: world.stdout, signal });
    return EXIT.success;
  },
});
