/** What a server does when it copies ranges: S3 keeps what it promises, others are asked, once. */
import { crc32 } from 'node:zlib';
import { RepartitionError, throwIfAborted } from '../errors.js';
import type { CopyPart, UploadPart } from './compose-plan.js';
import { toRepartitionError } from './errors.js';
import type { Namer } from './keys.js';
import type { Requests } from './requests.js';
import { Stop } from './stop.js';
import type { CopyRange, MultipartUpload } from './upload.js';

export class CopyHabits {
  /** Whether it refuses copies of another version. */
  private versionsChecked: Promise<boolean> | undefined;
  /** That it gives the checksums of what it copies. */
  private checksumsProven: Promise<void> | undefined;

  constructor(
    private readonly requests: Requests,
    private readonly names: Namer,
  ) {}

  /**
   * S3 refuses to copy from an object that is not the version asked for. Some servers do not look at that condition:
   * another server is asked for a version that there can't be, once.
   */
  async areVersionsChecked(
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
    part: CopyPart,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const stop = new Stop(signal);
    try {
      return await upload.refusesOtherVersions(this.firstByteOf(part), stop);
    } finally {
      stop.release();
    }
  }

  /**
   * An upload that was begun for checksums of its parts ends with all of them, and only the server knows those of what it
   * copied. Some give the checksum of the whole source: so a byte is copied first whose checksum we know, once.
   * @throws RepartitionError `storage`
   */
  async requireTrueChecksums(
    upload: MultipartUpload,
    parts: readonly UploadPart[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (upload.terms.checksums !== 'parts') return;
    const copied = parts.find((part) => part.kind === 'copy');
    if (!copied) return;
    const asked = (this.checksumsProven ??= this.proveChecksums(upload, copied, signal));
    try {
      await asked;
    } catch (error) {
      if (this.checksumsProven === asked) this.checksumsProven = undefined;
      throw error;
    }
  }

  private async proveChecksums(
    upload: MultipartUpload,
    part: CopyPart,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const source = this.firstByteOf(part);
    const stop = new Stop(signal);
    try {
      const byte = await this.byteAt(source, signal);
      const ours = Buffer.alloc(4);
      ours.writeUInt32BE(crc32(byte));
      if ((await upload.checksumOfCopy(1, source, stop)) === ours.toString('base64')) return;
    } finally {
      stop.release();
    }
    throw new RepartitionError(
      'storage',
      `this server wants the checksums of all parts of an upload, and does not give those of the ranges that it copies from ${source.where}`,
      {
        hint: 'Use `s3Checksums` when-required: uploads then go without.',
        operation: 'write',
        path: source.where,
      },
    );
  }

  private firstByteOf({ source: { path, version, start } }: CopyPart): CopyRange {
    const [key, where] = [this.names.keyOf(path), this.names.describe(path)];
    return { key, where, version, start, end: start + 1 };
  }

  private async byteAt(
    { key, where, version, start }: CopyRange,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    try {
      return (await this.requests.getRange(key, `bytes=${start}-${start}`, version, signal)).bytes;
    } catch (error) {
      throw toRepartitionError(error, 'read', where, signal);
    }
  }
}
