/**
 * The storages that are built in, a line each; what a program adds with `registerStorage` stands beside them. Import
 * `locate` and `openStorage` from here, so that the table is there. Each is loaded when it is first needed: the AWS SDK
 * takes a moment, which a local run need not wait for.
 */
import { registerStorage } from './storage/registry.js';

export { locate, openStorage, registerStorage } from './storage/registry.js';

registerStorage('file', async () => (await import('./storage/local.js')).localKind);
registerStorage('s3', async () => (await import('./s3/index.js')).s3Kind);
