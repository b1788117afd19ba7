import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:properties`: the tests of properties with a seed of their own and ten times as many cases. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [
      'test/cli/pace.test.ts',
      'test/metadata/json.test.ts',
      'test/parquet/**/*.test.ts',
      'test/repartition/{layout,plan}.test.ts',
      'test/s3/compose-plan.test.ts',
      'test/support/{engine,generated}.test.ts',
    ],
    env: {
      PROPERTY_SEED: process.env['PROPERTY_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31)),
      PROPERTY_RUNS: process.env['PROPERTY_RUNS'] ?? '400',
    },
    testTimeout: 3_600_000,
  },
});
