import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalStorage } from '../../src/storage/local.js';
import { storageContract } from './contract.js';

storageContract('the local disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'gs-repartition-'));
  return { storage: openLocalStorage(root), dispose: () => rm(root, { recursive: true, force: true }) };
});
