import { expect, test } from 'vitest';
import { Memory } from '../../src/memory.js';
import { PartMemory } from '../../src/s3/part-memory.js';

test('what there is no buffer for holds no memory afterwards', async () => {
  const memory = Memory.within(256 * 1024 * 1024);
  const parts = new PartMemory(memory);
  // More than Node.js makes in one piece.
  await expect(parts.use(2 ** 53, () => Promise.resolve())).rejects.toThrow(RangeError);
  expect(memory.tryHold(1)).toBeDefined();
});

test('work that fails holds none either', async () => {
  const memory = Memory.within(256 * 1024 * 1024);
  const parts = new PartMemory(memory);
  const work = parts.use(memory.total, () => Promise.reject(new Error('no')));
  await expect(work).rejects.toThrow('no');
  expect(memory.tryHold(1)).toBeDefined();
});
