import { expect, it } from 'vitest';
import { BufferPool } from '../../src/storage/buffer-pool.js';

it('lends no byte twice, and the next one in line gets what is given back', async () => {
  // More than lie side by side in one run.
  const pool = new BufferPool(64 * 1024, 20);
  const giveBack: (() => void)[] = [];
  const lent: Uint8Array[] = [];
  const lending = Array.from({ length: 21 }, (_, i) =>
    pool.lend(async (buffer) => {
      buffer.fill(i);
      lent.push(buffer);
      await new Promise<void>((resolve) => giveBack.push(resolve));
    }),
  );
  await new Promise(setImmediate);
  expect(lent.map((buffer) => [buffer.length, buffer[0], buffer.at(-1)])).toEqual(
    Array.from({ length: 20 }, (_, i) => [64 * 1024, i, i]),
  );
  giveBack[3]!();
  await new Promise(setImmediate);
  expect(lent[20]).toBe(lent[3]);
  for (const done of giveBack) done();
  await Promise.all(lending);
});
