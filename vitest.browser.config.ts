import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:browser`: the page of reports in a real browser, any Chromium on the PATH. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/browser/*.browser.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
  },
});
