import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:faults`: every point of the tests of faults, and RELIABILITY.md from what they saw. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/faults/write-book.ts'],
    fileParallelism: false,
    testTimeout: 3_600_000,
  },
});
