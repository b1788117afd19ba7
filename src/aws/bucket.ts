/**
 * The few things that jobs need of a bucket beside the alignment's own storage. Loads the S3 SDK: import it when a
 * bucket is opened, not before.
 */
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { connect } from '../s3/client.js';
import { failureOf, toRepartitionError } from '../s3/errors.js';
import { readS3Options } from '../s3/options.js';
import { Requests } from '../s3/requests.js';

export interface ObjectFacts {
  /** Bytes. */
  size: number;
  /** Its ETag. */
  version: string;
  /** To the second, by the clock of S3. */
  lastModified: Date;
}

/** An open bucket. Its calls throw RepartitionErrors. */
export class Bucket {
  /** For what is asked of a bucket elsewhere in this room. */
  readonly requests: Requests;
  readonly region: string;

  private constructor(requests: Requests, region: string) {
    this.requests = requests;
    this.region = region;
  }

  /**
   * @param options of the S3 room, as a user gives them
   * @throws RepartitionError `not-found`, `access`, `storage`
   */
  static async open(
    options: Parameters<typeof readS3Options>[0],
    name: string,
    signal?: AbortSignal,
  ): Promise<Bucket> {
    const connection = await connect(name, readS3Options(options), { signal });
    return new Bucket(new Requests(connection, name), connection.options.region);
  }

  /** `undefined` when there is no such object. */
  async stat(key: string, signal?: AbortSignal): Promise<ObjectFacts | undefined> {
    try {
      const {
        ContentLength = 0,
        ETag = '',
        LastModified = new Date(0),
      } = await this.requests.send(signal, (client, http) =>
        client.send(new HeadObjectCommand({ ...this.requests.common, Key: key }), http),
      );
      return { size: ContentLength, version: ETag, lastModified: LastModified };
    } catch (error) {
      if (failureOf(error).status === 404) return undefined;
      throw toRepartitionError(error, 'read', this.url(key), signal);
    }
  }

  /** A whole object, for small ones; `undefined` when there is none, or when it has more than `most` bytes. */
  async get(key: string, most: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const facts = await this.stat(key, signal);
    if (facts === undefined || facts.size > most) return undefined;
    try {
      const { Body } = await this.requests.send(signal, (client, http) =>
        client.send(new GetObjectCommand({ ...this.requests.common, Key: key }), http),
      );
      return await Body?.transformToByteArray();
    } catch (error) {
      throw toRepartitionError(error, 'read', this.url(key), signal);
    }
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { common, encryption } = this.requests;
    try {
      await this.requests.send(signal, (client, http) =>
        client.send(new PutObjectCommand({ ...common, ...encryption, Key: key, Body: bytes }), http),
      );
    } catch (error) {
      throw toRepartitionError(error, 'write', this.url(key), signal);
    }
  }

  /** Bytes of all objects whose key begins with `prefix`. */
  async bytesUnder(prefix: string, signal?: AbortSignal): Promise<number> {
    let bytes = 0;
    let token: string | undefined;
    try {
      do {
        const page = await this.requests.send(signal, (client, http) =>
          client.send(
            new ListObjectsV2Command({ ...this.requests.common, Prefix: prefix, ContinuationToken: token }),
            http,
          ),
        );
        for (const { Size = 0 } of page.Contents ?? []) bytes += Size;
        token = page.NextContinuationToken;
      } while (token !== undefined);
    } catch (error) {
      throw toRepartitionError(error, 'list', this.url(prefix), signal);
    }
    return bytes;
  }

  url(key: string): string {
    return `s3://${this.requests.bucket}/${key}`;
  }

  close(): void {
    this.requests.client.destroy();
  }
}
