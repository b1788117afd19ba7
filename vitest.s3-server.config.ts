import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:s3-server`: the S3 suites once more, on a production server, and the large runs; `S3_SERVER=minio` chooses another. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/s3/**/*.test.ts', 'test/s3-server/**/*.large.ts'],
    env: { S3_SERVER: process.env['S3_SERVER'] ?? 'versitygw' },
    fileParallelism: false,
  },
});
