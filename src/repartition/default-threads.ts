/** How many threads work when nobody says. */
import { availableParallelism } from 'node:os';
import { threadsWithin } from '../memory.js';
import type { StorageProfile } from '../storage/storage.js';

/**
 * As many as the machine runs at once, but no more than the storage gains from, and than have memory; 0 for a storage that no
 * other thread can open.
 * @param memory bytes that the process may take
 * @param each bytes that a thread adds
 */
export function defaultThreads({ mostThreads }: StorageProfile, memory: number, each: number): number {
  return Math.min(availableParallelism(), mostThreads, threadsWithin(memory, each));
}
