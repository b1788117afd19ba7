import { describe, expect, test } from 'vitest';
import { DEFAULT_MEMORY, Memory, MemoryError, threadsWithin } from '../src/memory.js';

const MB = 2 ** 20;
/** A hundred megabytes for files' claims. */
const hundred = (): Memory => Memory.within(228 * MB);

/** Whether it has settled, once all that could has. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<false>((resolve) => setTimeout(resolve, 20, false));
  return Promise.race([promise.then(() => true), later]);
}

describe('the memory of a process', () => {
  test('is given as long as there is some; who comes later waits', async () => {
    const memory = hundred();
    const first = await memory.take(60 * MB);
    const second = memory.take(60 * MB);
    expect(await isDone(memory.take(40 * MB))).toBe(true);
    expect(await isDone(second)).toBe(false);
    first.release();
    expect(await isDone(second)).toBe(true);
  });

  test('is refused to whoever needs more than there is, with what would do', async () => {
    const error: unknown = await hundred()
      .take(101 * MB)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MemoryError);
    expect(error).toMatchObject({ allowance: '229 MB' });
    const room = await hundred().take(60 * MB);
    expect(() => {
      room.more(41 * MB);
    }).toThrow('needs 101 MB of memory where 100 MB are to be had');
    await expect(room.grow(41 * MB)).rejects.toThrow(MemoryError);
  });

  test('is shared by the threads that were told of it', async () => {
    const memory = hundred();
    await memory.take(60 * MB);
    expect(await isDone(Memory.sharedBy(structuredClone(memory.share())).take(60 * MB))).toBe(false);
  });

  test('two that hold some and wait for more of it both get it, one after the other', async () => {
    const memory = hundred();
    const [a, b] = [await memory.take(50 * MB), await memory.take(50 * MB)];
    const grown = [a.grow(40 * MB), b.grow(40 * MB)];
    await Promise.race(grown);
    a.release();
    b.release();
    await Promise.all(grown);
    a.release();
    b.release();
    expect(await isDone(memory.take(100 * MB))).toBe(true);
  });

  test('what is given back in part can be taken', async () => {
    const memory = hundred();
    const room = await memory.take(90 * MB);
    room.shrink(30 * MB);
    expect(room.bytes).toBe(30 * MB);
    expect(await isDone(memory.take(70 * MB))).toBe(true);
  });

  test('tasks start while a quarter of it is in use, and hold without waiting', () => {
    const memory = hundred();
    const one = memory.tryHold(20 * MB);
    expect(one).toBeDefined();
    expect(memory.tryHold(10 * MB)).toBeUndefined();
    one?.set(15 * MB);
    expect(memory.tryHold(10 * MB)).toBeDefined();
    // What is there anyway is counted whether it fits or not.
    memory.hold(60 * MB);
    one?.release();
    expect(memory.tryHold(1)).toBeUndefined();
  });

  test('who takes room does not wait for what is held', async () => {
    const memory = hundred();
    memory.hold(90 * MB);
    expect(await isDone(memory.take(90 * MB))).toBe(true);
  });

  test('has room for so many threads, and always for one', () => {
    expect([64 * MB, DEFAULT_MEMORY, 384 * MB, 1024 * MB].map((all) => threadsWithin(all, 64 * MB))).toEqual([
      1, 2, 4, 14,
    ]);
  });
});
