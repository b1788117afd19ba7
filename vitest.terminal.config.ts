import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:terminal`: the command on real terminals, by tmux, and in real shells. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/terminal/*.terminal.ts'],
    globalSetup: ['test/support/built.ts'],
    testTimeout: 60_000,
    fileParallelism: false,
  },
});
