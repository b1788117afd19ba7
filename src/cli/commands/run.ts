/** `gs-repartition run --file …`: the whole walk. What it needs is loaded when it is run. */
import { defineCommand } from '../command.js';
import { choice, flag, required, text } from '../options.js';

export const runOptions = {
  file: required(text('The YAML file that says what the steps are told')),
  until: choice('The last step to do (all unless given)', [
    'upload',
    'setup',
    'submit',
    'wait',
    'align',
    'verify',
  ]),
  'dry-run': flag('Print every step with its requests as JSON, and change nothing'),
};

export const runCommand = defineCommand({
  name: 'run',
  describe:
    'Walk the whole way, as a file says: upload, setup, submit, wait, align, verify; go on where it is',
  usage: '--file <walk.yaml> [options]',
  options: runOptions,
  examples: [
    ['$0 run --file walk.yaml --dry-run', 'See which steps there are, and what each would send'],
    ['$0 run --file walk.yaml', 'Walk, or go on'],
  ],
  run: async (values, session) => (await import('../walk.js')).walk(values, session),
});
