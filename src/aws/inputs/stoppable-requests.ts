/** lib-storage's requests, so that they can be stopped, waited for, and spared. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  type ServiceOutputTypes,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { interrupted } from '../../errors.js';
import { isSamePart, type Unfinished } from './unfinished.js';

/**
 * A client whose requests can be stopped and waited for. lib-storage gives its own no signal, and goes on with the rest of
 * the file when a part has failed: one that comes late would add to an upload that was aborted. Nor can it go on with an
 * upload that somebody began: what that has is answered here instead of sent.
 */
export class StoppableRequests {
  readonly client: S3Client;
  /** Of the upload that was begun. */
  uploadId: string | undefined;
  /** The first, which stopped the others. */
  failure: unknown;
  /** The failure of the request that makes one object of the parts. */
  endFailed: Error | undefined;
  private readonly stopped = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  /** @param how.mayName whether the server may be told of checksums before parts come */
  constructor(
    client: S3Client,
    {
      unfinished,
      mayName,
      signal,
    }: { unfinished: Unfinished | undefined; mayName: boolean; signal: AbortSignal | undefined },
  ) {
    const either =
      signal === undefined ? this.stopped.signal : AbortSignal.any([signal, this.stopped.signal]);
    const send = (command: Parameters<S3Client['send']>[0]): Promise<unknown> => {
      if (either.aborted) return Promise.reject(interrupted(either));
      // One whose answer we never hear could not be aborted.
      const isBeginning = command instanceof CreateMultipartUploadCommand;
      const answer: Promise<ServiceOutputTypes> =
        answerOf(command, unfinished) ?? client.send(command, isBeginning ? {} : { abortSignal: either });
      const settled = answer.then(
        (told) => {
          if ('UploadId' in told && isBeginning) this.uploadId = told.UploadId;
        },
        (error: unknown) => {
          this.failure ??= error;
          if (command instanceof CompleteMultipartUploadCommand && !either.aborted)
            this.endFailed = error as Error;
          this.stopped.abort();
        },
      );
      this.underWay.add(settled);
      void settled.then(() => this.underWay.delete(settled));
      return answer;
    };
    // By this lib-storage decides whether to tell.
    const requestChecksumCalculation = (): Promise<string> =>
      Promise.resolve(mayName ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED');
    const config = { ...client.config, requestChecksumCalculation };
    this.client = Object.create(client, { send: { value: send }, config: { value: config } }) as S3Client;
  }

  /** Stops what is under way, and waits until nothing is. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await Promise.all(this.underWay);
  }
}

/** What an unfinished upload makes needless. */
function answerOf(
  command: Parameters<S3Client['send']>[0],
  unfinished: Unfinished | undefined,
): Promise<ServiceOutputTypes> | undefined {
  if (unfinished === undefined) return undefined;
  if (command instanceof CreateMultipartUploadCommand) {
    return Promise.resolve({ $metadata: {}, UploadId: unfinished.id });
  }
  if (!(command instanceof UploadPartCommand)) return undefined;
  const { PartNumber = 0, Body } = command.input;
  const part = unfinished.parts.get(PartNumber);
  if (part === undefined || !(Body instanceof Uint8Array) || !isSamePart(part, Body)) return undefined;
  const { ETag, ChecksumCRC32 } = part;
  return Promise.resolve({ $metadata: {}, ETag, ...(ChecksumCRC32 && { ChecksumCRC32 }) });
}
