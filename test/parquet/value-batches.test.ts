/** The values of a share, batch by batch. */
import { expect, test } from 'vitest';
import { type ValueBatch, valueBatches } from '../../src/parquet/value-batches.js';
import { type MemoryChunk, memoryChunk } from './memory.js';

async function batchesOf(
  { reader, chunk, rows }: MemoryChunk,
  from: number,
  to: number,
): Promise<ValueBatch[]> {
  const batches: ValueBatch[] = [];
  for await (const batch of valueBatches({ reader, rows, from, to }, chunk)) batches.push(batch);
  return batches;
}

/** The INT32 values of batches. */
function numbers(batches: readonly ValueBatch[]): number[][] {
  return batches.map(({ values }) => {
    if (values.kind !== 'plain') throw new Error('not PLAIN');
    return [...new Int32Array(Uint8Array.from(values.bytes).buffer)];
  });
}

test('each page is a batch, the first and the last cut to the rows', async () => {
  const chunk = await memoryChunk([{ values: [1, 2, 3] }, { values: [4, 5] }, { values: [6, 7, 8] }]);
  expect(numbers(await batchesOf(chunk, 2, 7))).toEqual([[3], [4, 5], [6, 7]]);
  expect(numbers(await batchesOf(chunk, 4, 5))).toEqual([[5]]);
});

test('nulls have levels but no values', async () => {
  const chunk = await memoryChunk([{ values: [1, 2], definition: [1, 0, 1, 0] }], { repetitionType: 1 });
  const batches = await batchesOf(chunk, 1, 4);
  expect(numbers(batches)).toEqual([[2]]);
  expect([batches[0]!.numLevels, batches[0]!.definition?.zeros]).toEqual([3, 2]);
});

test('lists are cut between rows', async () => {
  // [1, 2], [], [3, 4, 5]
  const chunk = await memoryChunk(
    [{ values: [1, 2, 3, 4, 5], definition: [1, 1, 0, 1, 1, 1], repetition: [0, 1, 0, 0, 1, 1] }],
    { repetitionType: 2 },
  );
  const batches = await batchesOf(chunk, 1, 3);
  expect(numbers(batches)).toEqual([[3, 4, 5]]);
  expect([batches[0]!.repetition?.zeros, batches[0]!.repetition?.tops]).toEqual([2, 2]);
});

test('a page of many values is many batches, none of more than 16,384 levels', async () => {
  const values = Array.from({ length: 40_000 }, (_, i) => i);
  const batches = await batchesOf(await memoryChunk([{ values }]), 100, 40_000);
  expect(batches.map(({ numLevels }) => numLevels)).toEqual([16_384, 16_384, 7132]);
  expect(numbers(batches).flat()).toEqual(values.slice(100));
});

test('a page whose values are too few is an error that says where', async () => {
  const chunk = await memoryChunk([{ values: [1, 2] }, { values: [3], definition: [1, 1] }], {
    repetitionType: 1,
  });
  await expect(batchesOf(chunk, 0, 4)).rejects.toThrow(/x\.parquet: column x, page at byte \d+/);
});
