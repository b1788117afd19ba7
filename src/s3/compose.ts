import { PutObjectCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { throwIfAborted } from '../errors.js';
import { asLostWrite } from '../storage/lost-write.js';
import type { Segment, WriteOptions, WrittenStat } from '../storage/storage.js';
import { planCompose, planEqualParts, planFetches, type UploadPart } from './compose-plan.js';
import { CopyHabits } from './copy-habits.js';
import { changedError, toRepartitionError } from './errors.js';
import type { Namer } from './keys.js';
import type { Memory } from '../memory.js';
import { PartMemory } from './part-memory.js';
import { objectName, type RecentReads } from './recent-reads.js';
import { versionFrom } from './etag.js';
import type { Requests } from './requests.js';
import { Stop } from './stop.js';
import {
  BeginAgain,
  type MultipartUpload,
  type Target,
  UPLOAD_TRIES,
  wholeChecksum,
  whyNot,
  withUpload,
} from './upload.js';
import { checksummed } from './upload-terms.js';

/** Parts of one object in flight; copies take S3's time, not ours. */
const PARTS_IN_FLIGHT = 8;
/** Puts objects in place. Uploaded parts are the only bytes it holds, two parts at a time. */
export class Composer {
  private readonly memory: PartMemory;
  private readonly habits: CopyHabits;

  constructor(
    private readonly requests: Requests,
    private readonly recent: RecentReads,
    memory: Memory,
    private readonly names: Namer,
  ) {
    this.memory = new PartMemory(memory);
    this.habits = new CopyHabits(requests, names);
  }

  /**
   * @param onWritten called once all bytes have gone up, and are let go: then only S3 is waited for
   * @throws RepartitionError `changed`, `access`, `storage`, `not-found`, `interrupted`; LostWrite after `onWritten`
   */
  async compose(
    target: Target,
    segments: readonly Segment[],
    { signal, onWritten, onBytes }: Pick<WriteOptions, 'signal' | 'onWritten' | 'onBytes'>,
  ): Promise<WrittenStat> {
    throwIfAborted(signal);
    for (let attempt = 1; ; attempt += 1) {
      const { equalParts } = this.requests.terms.current;
      const plan = equalParts ? planEqualParts(segments) : planCompose(segments);
      if (plan.kind === 'put') {
        return this.withBody(plan.pieces, plan.size, signal, (body) => this.put(target, body, signal));
      }
      const bytes = { areLetGo: false };
      const onUploaded = (): void => {
        if (!onWritten) return;
        bytes.areLetGo = true;
        for (const part of plan.parts) if (part.kind === 'upload') part.pieces.length = 0;
        onWritten();
      };
      try {
        const work = async (upload: MultipartUpload): Promise<void> => {
          const areVersionsChecked = await this.habits.areVersionsChecked(upload, plan.parts, signal);
          await this.habits.requireTrueChecksums(upload, plan.parts, signal);
          await this.parts(upload, plan.parts, signal, onUploaded);
          if (!areVersionsChecked) await this.checkSources(plan.parts, signal);
        };
        return await withUpload(this.requests, target, signal, work, onBytes);
      } catch (error) {
        if (!(error instanceof BeginAgain)) throw error;
        const shown = whyNot(error, target, signal);
        if (bytes.areLetGo) throw asLostWrite(shown);
        if (attempt >= UPLOAD_TRIES) throw shown;
      }
    }
  }

  async put(target: Target, body: Uint8Array, signal: AbortSignal | undefined): Promise<WrittenStat> {
    const terms = this.requests.terms.current;
    try {
      const answer = await this.requests.send(signal, (client, http) =>
        client.send(
          new PutObjectCommand({
            ...this.requests.common,
            ...this.requests.encryption,
            ...checksummed(terms),
            Key: target.key,
            Body: body,
            ContentLength: body.byteLength,
          }),
          http,
        ),
      );
      const { path } = target;
      return { path, size: body.byteLength, version: versionFrom(answer.ETag), ...wholeChecksum(answer) };
    } catch (error) {
      if (terms.checksums !== 'unnamed' && this.requests.terms.learnFrom(error, terms)) {
        return this.put(target, body, signal);
      }
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

  /** Settles when nothing writes into `body` any more, for then it is another part's. */
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
    const fetched = await Promise.allSettled(
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
    const failed = fetched.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
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
      const known = await this.recent.take(objectName(path, version), start, end);
      if (known) return known;
      return (await this.requests.getRange(this.names.keyOf(path), range, version, signal, into)).bytes;
    } catch (error) {
      throw toRepartitionError(error, 'read', this.names.describe(path), signal);
    }
  }
}
