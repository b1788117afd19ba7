/** The built library: its workers run, and its errors are one class throughout. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Aws from '../../src/aws/index.js';
import type * as Repartition from '../../src/repartition/index.js';
import { repositoryRoot } from '../support/paths.js';

const load = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join(repositoryRoot, 'dist', path)).href) as Promise<unknown>;

export const aws = (await load('aws/index.js')) as typeof Aws;
const { repartition, verifyPrefix } = (await load('repartition/index.js')) as typeof Repartition;

/** The real alignment. */
export const engine: Aws.JobEngine = {
  verify: (inputPrefix, asked) => verifyPrefix({ inputPrefix, ...asked }),
  align: (inputPrefix) => repartition({ inputPrefix, concurrency: 1 }),
};
