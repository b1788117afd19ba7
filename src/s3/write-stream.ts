import { throwIfAborted } from '../errors.js';
import { asLostWrite } from '../storage/lost-write.js';
import type { WriteOptions, WrittenStat } from '../storage/storage.js';
import { untilAborted } from '../storage/until-aborted.js';
import type { Composer } from './compose.js';
import { toRepartitionError } from './errors.js';
import type { Requests } from './requests.js';
import { Stop } from './stop.js';
import { BeginAgain, type MultipartUpload, type Target, UPLOAD_TRIES, whyNot, withUpload } from './upload.js';

/** First parts of a streamed object; every thousand parts they double, so that 10,000 of them are always enough. */
const STREAM_PART = 8 * 1024 * 1024;
/** Bytes in hand meanwhile, of an object of up to a thousand parts. */
export const STREAM_BYTES = 2 * STREAM_PART;

/**
 * Writes an object of unknown length: one part is uploaded while the next one fills. What has gone up is forgotten, so
 * an upload that somebody aborts can't be begun again here.
 * @throws RepartitionError, or what `chunks` throws; LostWrite where whoever makes the bytes may make them again
 */
export async function writeStream(
  composer: Composer,
  requests: Requests,
  target: Target,
  chunks: AsyncIterable<Uint8Array>,
  options: Pick<WriteOptions, 'signal' | 'onBytes'>,
): Promise<WrittenStat> {
  const blocks = inBlocks(untilAborted(chunks, options.signal), (index) =>
    requests.terms.current.equalParts ? STREAM_PART : STREAM_PART * 2 ** Math.floor(index / 1000),
  );
  try {
    return await writeBlocks(composer, requests, target, blocks, options);
  } finally {
    // Whoever makes the bytes holds memory for them until nobody asks for more.
    await blocks.return(undefined).catch(() => undefined);
  }
}

async function writeBlocks(
  composer: Composer,
  requests: Requests,
  target: Target,
  blocks: AsyncGenerator<Uint8Array, undefined>,
  { signal, onBytes }: Pick<WriteOptions, 'signal' | 'onBytes'>,
): Promise<WrittenStat> {
  throwIfAborted(signal);
  const first = await blocks.next();
  if (first.done) return composer.put(target, new Uint8Array(), signal);
  const second = await blocks.next();
  if (second.done) return composer.put(target, first.value, signal);
  // Until a part has gone up both blocks are here, and the upload may be begun again as the server wants it.
  const parts = { areUnderWay: false };
  const send = async (upload: MultipartUpload): Promise<void> => {
    let number = 1;
    const stop = new Stop(signal);
    let sending = upload.put(number, first.value, stop);
    sending.catch(() => undefined);
    try {
      for (
        let block: IteratorResult<Uint8Array, undefined> = second;
        !block.done;
        block = await blocks.next()
      ) {
        await sending;
        throwIfAborted(signal);
        parts.areUnderWay = true;
        number += 1;
        sending = upload.put(number, block.value, stop);
        // Seen when it is awaited; until then a rejection must not count as unhandled.
        sending.catch(() => undefined);
      }
      await sending;
      throwIfAborted(signal);
    } catch (error) {
      // What could not be made is the failure to tell, and the part under way must have ended before the abort.
      stop.now();
      await sending.catch(() => undefined);
      throw error;
    } finally {
      stop.release();
    }
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withUpload(requests, target, signal, send, onBytes);
    } catch (error) {
      if (error instanceof BeginAgain && !parts.areUnderWay && attempt < UPLOAD_TRIES) continue;
      if (!(error instanceof BeginAgain)) throw toRepartitionError(error, 'write', target.where, signal);
      const shown = whyNot(error, target, signal);
      throw parts.areUnderWay ? asLostWrite(shown) : shown;
    }
  }
}

/**
 * Cuts a stream into blocks of the given sizes; only the last may be shorter. Each lies where the last but one lay:
 * fresh ones would pile up until the garbage collector gets to them.
 */
async function* inBlocks(
  chunks: AsyncIterable<Uint8Array>,
  sizeOf: (index: number) => number,
): AsyncGenerator<Uint8Array, undefined> {
  let index = 0;
  const room: [Uint8Array, Uint8Array] = [new Uint8Array(sizeOf(0)), new Uint8Array(0)];
  let [block] = room;
  let filled = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.byteLength;) {
      const take = Math.min(chunk.byteLength - from, block.byteLength - filled);
      block.set(chunk.subarray(from, from + take), filled);
      from += take;
      filled += take;
      if (filled === block.byteLength) {
        yield block;
        index += 1;
        const [, next] = room;
        room[0] = next.byteLength === sizeOf(index) ? next : new Uint8Array(sizeOf(index));
        room[1] = block;
        [block] = room;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
  return undefined;
}
