import { randomUUID } from 'node:crypto';
import { locate, openStorage } from '../../src/storages.js';
import { clearMemory } from '../support/memory-storage.js';
import { storageContract } from './contract.js';

// By its URL and through the registry, as anybody's own storage would be.
storageContract('memory, a storage that a program adds', async () => {
  const storage = await openStorage(await locate(`memory:${randomUUID()}`));
  return {
    storage,
    dispose: () => {
      clearMemory();
      return Promise.resolve();
    },
  };
});
