import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:matrix`: every cell of the Parquet matrix, judged by all readers. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/matrix/*.test.ts'], env: { MATRIX: 'all' } },
});
