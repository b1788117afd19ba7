// Builds the production S3 server that the large tests run against, and prints where the program is.
import { goProgram } from './go-program.mjs';

console.log(
  goProgram('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0', 'the S3 server of these tests'),
);
