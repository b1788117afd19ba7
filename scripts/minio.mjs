// Builds another S3 server that the S3 suites can run against, and prints where the program is. MinIO has no releases that
// the module proxy knows; this is the last commit of its source. It is under the AGPL: run beside the tests, never shipped.
import { goProgram } from './go-program.mjs';

console.log(
  goProgram('github.com/minio/minio', 'v0.0.0-20260212201848-7aac2a2c5b7c', 'the S3 server of these tests'),
);
