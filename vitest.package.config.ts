import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:package`: the tarball, installed on each version of Node.js that it says it runs on. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/package/*.all.ts'], testTimeout: 60_000 },
});
