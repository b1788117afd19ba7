import { PutObjectCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { type RepartitionError, throwIfAborted } from '../errors.js';
import { LostWrite } from '../storage/lost-write.js';
import type { ObjectStat, Segment, WriteOptions } from '../storage/storage.js';
import { untilAborted } from '../storage/until-aborted.js';
import { type ComposePlan, type CopyPart, planFetches, type UploadPart } from './compose-plan.js';
import { changedError, toRepartitionError } from './errors.js';
import type { Memory } from '../memory.js';
import { PartMemory } from './part-memory.js';
import { objectName, type RecentReads } from './recent-reads.js';
import { versionFrom } from './etag.js';
import type { Requests } from './requests.js';
import { type MultipartUpload, type PartStop, type Target, UploadGone, withUpload } from './upload.js';

/** Parts of one object in flight; copies take S3's time, not ours. */
const PARTS_IN_FLIGHT = 8;
/** How often an object is begun again when its upload has vanished. */
const UPLOAD_TRIES = 3;

/** Names an object of the same bucket. */
export interface Namer {
  keyOf(path: string): string;
  describe(path: string): string;
}

/** Parts under way get this long to end by themselves before they are cut off. */
const GRACE_MS = 10_000;

/** Stops the parts of one object: the soft signal at once, the hard one after the grace. */
class Stop implements PartStop {
  private readonly softly = new AbortController();
  private readonly hardly = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', this.now, { once: true });
    if (signal?.aborted) this.now();
  }

  get soft(): AbortSignal {
    return this.softly.signal;
  }

  get hard(): AbortSignal {
    return this.hardly.signal;
  }

  readonly now = (): void => {
    const reason: unknown = this.signal?.reason;
    this.softly.abort(reason);
    this.timer ??= setTimeout(() => this.hardly.abort(reason), GRACE_MS);
  };

  release(): void {
    this.signal?.removeEventListener('abort', this.now);
    clearTimeout(this.timer);
  }
}

/** Puts planned objects in place. Uploaded parts are the only bytes it holds, two parts at a time. */
export class Composer {
  private readonly memory: PartMemory;
  /** Whether the server refuses copies of another version, once it was asked. */
  private versionsChecked: Promise<boolean> | undefined;

  constructor(
    private readonly requests: Requests,
    private readonly recent: RecentReads,
    memory: Memory,
    private readonly names: Namer,
  ) {
    this.memory = new PartMemory(memory);
  }

  /**
   * @param onWritten called once all bytes have gone up, and are let go: then only S3 is waited for
   * @throws RepartitionError `changed`, `access`, `storage`, `not-found`, `interrupted`; LostWrite after `onWritten`
   */
  async compose(
    target: Target,
    plan: ComposePlan,
    { signal, onWritten, onBytes }: Pick<WriteOptions, 'signal' | 'onWritten' | 'onBytes'>,
  ): Promise<ObjectStat> {
    throwIfAborted(signal);
    const bytes = { areLetGo: false };
    const onUploaded = (): void => {
      if (!onWritten || plan.kind === 'put') return;
      bytes.areLetGo = true;
      for (const part of plan.parts) if (part.kind === 'upload') part.pieces.length = 0;
      onWritten();
    };
    if (plan.kind === 'put') {
      return this.withBody(plan.pieces, plan.size, signal, (body) => this.put(target, body, signal));
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        const work = async (upload: MultipartUpload): Promise<void> => {
          const areVersionsChecked = await this.areVersionsChecked(upload, plan.parts, signal);
          await this.parts(upload, plan.parts, signal, onUploaded);
          if (!areVersionsChecked) await this.checkSources(plan.parts, signal);
        };
        return await withUpload(this.requests, target, signal, work, onBytes);
      } catch (error) {
        if (!(error instanceof UploadGone)) throw error;
        const shown = toRepartitionError(error, 'write', target.where, signal);
        if (bytes.areLetGo) throw lost(shown);
        if (attempt >= UPLOAD_TRIES) throw shown;
      }
    }
  }

  async put(target: Target, body: Uint8Array, signal: AbortSignal | undefined): Promise<ObjectStat> {
    try {
      const answer = await this.requests.send(signal, (client, http) =>
        client.send(
          new PutObjectCommand({
            ...this.requests.common,
            ...this.requests.encryption,
            Key: target.key,
            Body: body,
            ContentLength: body.byteLength,
          }),
          http,
        ),
      );
      return { path: target.path, size: body.byteLength, version: versionFrom(answer.ETag) };
    } catch (error) {
      throw toRepartitionError(error, 'write', target.where, signal);
    }
  }

  /**
   * Bytes go first, so that they are not held while S3 copies. Resolves or rejects when no request for a part is under
   * way any more.
   */
  private async parts(
    upload: MultipartUpload,
    parts: readonly UploadPart[],
    signal: AbortSignal | undefined,
    onUploaded: () => void,
  ): Promise<void> {
    const numbered = parts.map((part, i) => ({ part, number: i + 1 }));
    const uploads = numbered.filter(({ part }) => part.kind === 'upload');
    const copies = numbered.filter(({ part }) => part.kind === 'copy');
    let left = uploads.length;
    const stop = new Stop(signal);
    let failure: { error: unknown } | undefined;
    const limit = pLimit(PARTS_IN_FLIGHT);
    try {
      await Promise.all(
        [...uploads, ...copies].map(({ part, number }) =>
          limit(async () => {
            if (stop.soft.aborted) return;
            try {
              await this.part(upload, number, part, stop);
              if (part.kind === 'upload' && --left === 0) onUploaded();
            } catch (error) {
              failure ??= { error };
              stop.now();
            }
          }),
        ),
      );
    } finally {
      stop.release();
    }
    throwIfAborted(signal);
    if (failure !== undefined) throw failure.error;
  }

  /**
   * S3 refuses to copy from an object that is not the version asked for. Some servers do not look at that condition:
   * another server is asked for a version that there can't be, once.
   */
  private async areVersionsChecked(
    upload: MultipartUpload,
    parts: readonly UploadPart[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (!this.requests.foreign) return true;
    const copied = parts.find((part) => part.kind === 'copy');
    if (!copied) return true;
    const asked = (this.versionsChecked ??= this.askForVersions(upload, copied, signal));
    try {
      return await asked;
    } catch {
      throwIfAborted(signal);
      // What went wrong says nothing of conditions, and the parts themselves will meet it.
      if (this.versionsChecked === asked) this.versionsChecked = undefined;
      return false;
    }
  }

  private async askForVersions(
    upload: MultipartUpload,
    { source: { path, start } }: CopyPart,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const source = { key: this.names.keyOf(path), where: this.names.describe(path), start, end: start + 1 };
    const stop = new Stop(signal);
    try {
      return await upload.refusesOtherVersions(source, stop);
    } finally {
      stop.release();
    }
  }

  /** Where the server does not look at the versions of what it copies, we do before the object appears. */
  private async checkSources(parts: readonly UploadPart[], signal: AbortSignal | undefined): Promise<void> {
    const versions = new Map<string, string>();
    for (const part of parts) {
      if (part.kind === 'copy') versions.set(part.source.path, part.source.version);
    }
    await Promise.all(
      [...versions].map(async ([path, version]) => {
        const head = await this.requests.head(this.names.keyOf(path), signal);
        if (head?.version !== version) throw changedError(this.names.describe(path));
      }),
    );
  }

  private async part(upload: MultipartUpload, number: number, part: UploadPart, stop: Stop): Promise<void> {
    if (part.kind === 'copy') {
      const { path, version, start, end } = part.source;
      const source = { key: this.names.keyOf(path), where: this.names.describe(path), version, start, end };
      await upload.copy(number, source, stop);
    } else {
      await this.withBody(part.pieces, part.size, stop.soft, (body) => upload.put(number, body, stop));
    }
  }

  /** Runs `work` with the bytes of the pieces, in order; they are there only as long as it runs. */
  private async withBody<T>(
    pieces: readonly Segment[],
    size: number,
    signal: AbortSignal | undefined,
    work: (body: Uint8Array) => Promise<T>,
  ): Promise<T> {
    const [only] = pieces;
    if (pieces.length === 1 && only?.kind === 'bytes') return work(only.bytes);
    return this.memory.use(size, async (body) => {
      throwIfAborted(signal);
      await this.gather(pieces, body, signal);
      return work(body);
    });
  }

  private async gather(
    pieces: readonly Segment[],
    body: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let at = 0;
    for (const piece of pieces) {
      if (piece.kind === 'bytes') body.set(piece.bytes, at);
      at += piece.kind === 'bytes' ? piece.bytes.byteLength : piece.end - piece.start;
    }
    await Promise.all(
      planFetches(pieces).map(async (fetch) => {
        const { path, version, start, end, targets } = fetch;
        // What goes to one place whole is read right into it.
        const [first] = targets;
        const into =
          targets.length === 1 && first ? body.subarray(first.at, first.at + first.length) : undefined;
        const bytes = await this.read(path, start, end, version, signal, into);
        if (bytes === into) return;
        for (const { from, length, at: to } of targets) {
          body.set(bytes.subarray(from - start, from - start + length), to);
        }
      }),
    );
  }

  private async read(
    path: string,
    start: number,
    end: number,
    version: string,
    signal: AbortSignal | undefined,
    into: Uint8Array | undefined,
  ): Promise<Uint8Array> {
    const range = `bytes=${start}-${end - 1}`;
    try {
      const known = await this.recent.recall(objectName(path, version), start, end);
      if (known) return known;
      return (await this.requests.getRange(this.names.keyOf(path), range, version, signal, into)).bytes;
    } catch (error) {
      throw toRepartitionError(error, 'read', this.names.describe(path), signal);
    }
  }
}

function lost({ code, message, hint, operation, path, cause }: RepartitionError): LostWrite {
  return new LostWrite(code, message, { hint, operation, path, cause });
}

/** First parts of a streamed object; every thousand parts they double, so that 10,000 of them are always enough. */
const STREAM_PART = 8 * 1024 * 1024;

/**
 * Writes an object of unknown length: one part is uploaded while the next one fills. What has gone up is forgotten, so
 * an upload that somebody aborts can't be begun again.
 */
export async function writeStream(
  composer: Composer,
  requests: Requests,
  target: Target,
  chunks: AsyncIterable<Uint8Array>,
  { signal, onBytes }: Pick<WriteOptions, 'signal' | 'onBytes'>,
): Promise<ObjectStat> {
  const blocks = inBlocks(
    untilAborted(chunks, signal),
    (index) => STREAM_PART * 2 ** Math.floor(index / 1000),
  );
  throwIfAborted(signal);
  const first = await blocks.next();
  if (first.done) return composer.put(target, new Uint8Array(), signal);
  const second = await blocks.next();
  if (second.done) return composer.put(target, first.value, signal);
  const work = async (upload: MultipartUpload): Promise<void> => {
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
  return withUpload(requests, target, signal, work, onBytes).catch((error: unknown) => {
    throw toRepartitionError(error, 'write', target.where, signal);
  });
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
