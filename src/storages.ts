/**
 * The storages that are built in, a line each; what a program adds with `registerStorage` stands beside them. Import
 * `locate` and `openStorage` from here, so that the table is there. The disk is nearly always needed and is small; S3 is
 * loaded when it is first needed, for the AWS SDK takes a moment, which a local run need not wait for.
 */
import { localKind } from './storage/local.js';
import { registerStorage } from './storage/registry.js';

export { locate, openStorage, registerStorage } from './storage/registry.js';
export { splitPath } from './storage/split-path.js';

registerStorage('file', () => Promise.resolve(localKind));
// The other two are how Hadoop calls it.
for (const scheme of ['s3', 's3a', 's3n']) {
  registerStorage(scheme, async () => (await import('./s3/index.js')).s3Kind);
}
