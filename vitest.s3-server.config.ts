import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** What a server has a say in. What else there is of S3 `npm test` proves on moto, in a part of the time. */
const UP_TO_THE_SERVER = ['contract', 'storage', 'alignment', 'leftovers', 'terms'];

/**
 * `npm run test:s3-server`: what a production server may do otherwise than moto, and what moto cannot do.
 * `npm run test:s3-server:long`: all S3 suites once more, and 20,000 parts.
 * `S3_SERVER=minio` chooses another server.
 */
export default defineConfig(({ mode }) => ({
  ...base,
  test: {
    ...base.test,
    include:
      mode === 'long'
        ? ['test/s3/**/*.test.ts', 'test/s3-server/**/*.large.ts']
        : [
            ...UP_TO_THE_SERVER.map((name) => `test/s3/${name}.test.ts`),
            'test/s3-server/{moved-bytes,policy,refusals}.large.ts',
          ],
    env: { S3_SERVER: process.env['S3_SERVER'] ?? 'versitygw' },
    fileParallelism: false,
  },
}));
