/** What lies under a prefix, for whoever tidies up: objects, and uploads that nobody completed or aborted. */
import {
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  paginateListObjectsV2,
  paginateListParts,
} from '@aws-sdk/client-s3';
import { folderOf } from '../storage/folder-of.js';
import type { AgedStat, CallOptions, Housekeeping, Unfinished } from '../storage/storage.js';
import { toRepartitionError } from './errors.js';
import { folderKey, keyOf } from './keys.js';
import { versionFrom } from './etag.js';
import type { Requests } from './requests.js';
import { abortUntilGone } from './upload.js';

/** @param describe a path as a person would write it */
export function s3Housekeeping(
  requests: Requests,
  prefix: string,
  describe: (path: string) => string,
): Housekeeping {
  const base = prefix === '' ? '' : `${prefix}/`;

  async function* objects(folder: string, { signal }: CallOptions = {}): AsyncGenerator<AgedStat> {
    try {
      const pages = paginateListObjectsV2(
        { client: requests.client },
        { ...requests.common, Prefix: folderKey(prefix, folder) },
        signal === undefined ? {} : { abortSignal: signal },
      );
      for (;;) {
        const page = await requests.send(signal, () => pages.next());
        if (page.done) return;
        for (const { Key = '', Size = 0, ETag, LastModified } of page.value.Contents ?? []) {
          const path = Key.slice(base.length);
          const modified = LastModified?.getTime() ?? 0;
          if (!Key.endsWith('/')) yield { path, size: Size, version: versionFrom(ETag), modified };
        }
      }
    } catch (error) {
      throw toRepartitionError(error, 'list', describe(folder), signal);
    }
  }

  async function* uploads({ signal }: CallOptions): AsyncGenerator<MultipartUpload> {
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    try {
      for (;;) {
        const input = { ...requests.common, Prefix: base, ...after };
        const page = await requests.send(signal, (client, http) =>
          client.send(new ListMultipartUploadsCommand(input), http),
        );
        yield* page.Uploads ?? [];
        if (page.IsTruncated !== true) return;
        after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      }
    } catch (error) {
      throw toRepartitionError(error, 'list', describe(''), signal);
    }
  }

  async function sizeOf({ Key, UploadId }: MultipartUpload, { signal }: CallOptions): Promise<number> {
    let size = 0;
    const pages = paginateListParts({ client: requests.client }, { ...requests.common, Key, UploadId });
    for (;;) {
      const page = await requests.send(signal, () => pages.next());
      if (page.done) return size;
      for (const part of page.value.Parts ?? []) size += part.Size ?? 0;
      // Servers give the last page a marker too.
      if (page.value.IsTruncated !== true) return size;
    }
  }

  return {
    objects,
    async *unfinished(folders, { measured = false, ...options } = {}) {
      for await (const upload of uploads(options)) {
        const { Key = '', UploadId = '', Initiated } = upload;
        const path = Key.slice(base.length);
        if (folders && !folders.has(folderOf(path))) continue;
        const found: Unfinished = { kind: 'upload', path, id: UploadId, began: Initiated?.getTime() ?? 0 };
        // One that has ended since the list was made has no size any more.
        if (measured) found.size = await sizeOf(upload, options).catch(() => 0);
        yield found;
      }
    },
    async remove(path, { signal } = {}) {
      try {
        const input = { ...requests.common, Key: keyOf(prefix, path) };
        await requests.send(signal, (client, http) => client.send(new DeleteObjectCommand(input), http));
      } catch (error) {
        throw toRepartitionError(error, 'write', describe(path), signal);
      }
    },
    async abandon({ path, id }) {
      const problem = await abortUntilGone(requests, keyOf(prefix, path), id);
      if (problem !== undefined) throw toRepartitionError(problem, 'write', describe(path));
    },
  };
}
