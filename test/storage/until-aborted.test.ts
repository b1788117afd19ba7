import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { untilAborted } from '../../src/storage/until-aborted.js';

test('holds no chunk that has been used, however many come', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const made: WeakRef<Uint8Array>[] = [];
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 50; i++) {
      await Promise.resolve();
      const chunk = new Uint8Array(1000);
      made.push(new WeakRef(chunk));
      yield chunk;
    }
  };
  let held = 0;
  for await (const chunk of untilAborted(chunks(), new AbortController().signal)) {
    if (made.length < 50) continue;
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(chunk).toHaveLength(1000);
    held = made.filter((ref) => ref.deref() !== undefined).length;
  }
  expect(held).toBeLessThan(5);
});

test('ends with the reason, and its source with it', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  let ended = false;
  const chunks = async function* (): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) yield await Promise.resolve(i);
    } finally {
      ended = true;
    }
  };
  const use = async (): Promise<void> => {
    for await (const i of untilAborted(chunks(), stop.signal)) if (i === 3) stop.abort(reason);
  };
  await expect(use()).rejects.toMatchObject({ code: 'interrupted', cause: reason });
  await Promise.resolve();
  expect(ended).toBe(true);
});
