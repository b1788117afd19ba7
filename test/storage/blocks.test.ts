import { describe, expect, test } from 'vitest';
import { cutIntoBlocks } from '../../src/storage/blocks.js';
import type { Segment } from '../../src/storage/storage.js';

const copy = (path: string, start: number, end: number): Segment => ({
  kind: 'copy',
  path,
  version: 'v',
  start,
  end,
});
const bytes = (...values: number[]): Segment => ({ kind: 'bytes', bytes: Uint8Array.from(values) });

describe('cutting segments into buffers', () => {
  test('segments that fit share a buffer', () => {
    expect([...cutIntoBlocks([copy('a', 5, 8), bytes(1, 2)], 10)]).toEqual([
      { at: 0, size: 5, pieces: [copy('a', 5, 8), bytes(1, 2)] },
    ]);
  });

  test('a long range is cut at every multiple of the buffer, whatever came before it', () => {
    expect([...cutIntoBlocks([bytes(1, 2), copy('a', 100, 119)], 8)]).toEqual([
      { at: 0, size: 8, pieces: [bytes(1, 2), copy('a', 100, 106)] },
      { at: 8, size: 8, pieces: [copy('a', 106, 114)] },
      { at: 16, size: 5, pieces: [copy('a', 114, 119)] },
    ]);
  });

  test('long bytes are cut too', () => {
    expect([...cutIntoBlocks([bytes(1, 2, 3, 4, 5)], 2)]).toEqual([
      { at: 0, size: 2, pieces: [bytes(1, 2)] },
      { at: 2, size: 2, pieces: [bytes(3, 4)] },
      { at: 4, size: 1, pieces: [bytes(5)] },
    ]);
  });

  test('ranges that follow each other in one source become one read', () => {
    expect([
      ...cutIntoBlocks([copy('a', 0, 3), copy('a', 3, 5), copy('b', 5, 6), copy('b', 8, 9)], 20),
    ]).toEqual([{ at: 0, size: 7, pieces: [copy('a', 0, 5), copy('b', 5, 6), copy('b', 8, 9)] }]);
  });

  test('ranges of two versions of one source stay apart', () => {
    const [first, second] = [copy('a', 0, 3), { ...copy('a', 3, 5), version: 'w' }];
    expect([...cutIntoBlocks([first, second], 20)]).toEqual([{ at: 0, size: 5, pieces: [first, second] }]);
  });

  test('a range that ends with the buffer leaves no empty one behind', () => {
    expect([...cutIntoBlocks([copy('a', 0, 8), bytes()], 4)]).toEqual([
      { at: 0, size: 4, pieces: [copy('a', 0, 4)] },
      { at: 4, size: 4, pieces: [copy('a', 4, 8)] },
    ]);
  });

  test('nothing gives nothing', () => {
    expect([...cutIntoBlocks([bytes(), copy('a', 7, 7)], 4)]).toEqual([]);
  });

  test('the caller’s segments are left as they were', () => {
    const segments = [copy('a', 0, 3), copy('a', 3, 9)];
    Array.from(cutIntoBlocks(segments, 4));
    expect(segments).toEqual([copy('a', 0, 3), copy('a', 3, 9)]);
  });
});
