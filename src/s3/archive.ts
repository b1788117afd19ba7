/** Objects that lie in an archive, and must be restored before they can be read. */
import type { HeadObjectOutput, _Object as Listed } from '@aws-sdk/client-s3';
import { RepartitionError } from '../errors.js';
import { quoted } from '../quoted.js';

/** What is known of an object beside what it is. */
export interface Archived {
  /** The storage class it has to be restored from; with Intelligent-Tiering, the tier. */
  archive?: string;
  isBeingRestored?: boolean;
}

/** By a list. Only where `RestoreStatus` was asked for does it say that there is a copy to read. */
export function archivedByList({ StorageClass, RestoreStatus }: Listed): Archived {
  const { IsRestoreInProgress = false, RestoreExpiryDate } = RestoreStatus ?? {};
  return archivedIn(StorageClass, { IsRestoreInProgress, isRestored: RestoreExpiryDate !== undefined });
}

/** The same by HEAD, which also tells how Intelligent-Tiering keeps it. */
export function archivedByHead({ StorageClass, ArchiveStatus, Restore = '' }: HeadObjectOutput): Archived {
  const IsRestoreInProgress = Restore.includes('ongoing-request="true"');
  const isRestored = Restore.includes('expiry-date');
  return archivedIn(ArchiveStatus ?? StorageClass, { IsRestoreInProgress, isRestored });
}

/** Those of https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html */
const ARCHIVES = /^(GLACIER|DEEP_ARCHIVE|ARCHIVE_ACCESS|DEEP_ARCHIVE_ACCESS)$/;

function archivedIn(
  archive: string | undefined,
  { IsRestoreInProgress, isRestored }: { IsRestoreInProgress: boolean; isRestored: boolean },
): Archived {
  if (archive === undefined || !ARCHIVES.test(archive) || isRestored) return {};
  return { archive, ...(IsRestoreInProgress && { isBeingRestored: true }) };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html */
export function restoreHint(where: string, archive: string | undefined): string {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(where) ?? [];
  // What is archived by age comes back for good, everything else for some days.
  const isByAge = archive === 'INTELLIGENT_TIERING' || archive?.endsWith('_ACCESS') === true;
  const request = isByAge ? '{}' : '{"Days":7}';
  return (
    'Restore what is archived and wait for it, minutes to two days; then run the same command again: ' +
    `aws s3api restore-object --bucket ${bucket} --key ${quoted(key)} --restore-request '${request}'`
  );
}

/**
 * The error for those of many objects that are archived: one line for all, so that nobody restores one after the other.
 * @param describe the object as a person would write it
 */
export function archivedError(
  archived: readonly ({ path: string } & Archived)[],
  total: number,
  describe: (path: string) => string,
): RepartitionError {
  const [{ path, archive } = { path: '' }] = archived;
  const where = describe(path);
  const counts = new Map<string, number>();
  for (const { archive = '' } of archived) counts.set(archive, (counts.get(archive) ?? 0) + 1);
  const classes =
    counts.size === 1 ? archive : [...counts].map(([name, count]) => `${count} in ${name}`).join(', ');
  const message =
    archived.length === 1
      ? `${where} is archived (${classes}), as the only one of ${total} parts`
      : `${archived.length} of ${total} parts are archived (${classes}), the first of them ${where}`;
  const underWay = archived.filter(({ isBeingRestored }) => isBeingRestored).length;
  const restoring =
    underWay === 0
      ? ''
      : underWay === archived.length
        ? ', and being restored'
        : `; ${underWay} are being restored`;
  return new RepartitionError('access', message + restoring, {
    hint:
      underWay === archived.length
        ? 'Wait until they are restored, which takes minutes to two days; then run the same command again.'
        : restoreHint(where, archive),
    operation: 'read',
    path: where,
    part: path,
  });
}
