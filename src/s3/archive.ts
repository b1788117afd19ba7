/** Objects that lie in an archive, and must be restored before they can be read. */
import type { HeadObjectOutput, _Object as Listed } from '@aws-sdk/client-s3';
import { typedWords } from '../aws-config/words.js';
import { RepartitionError } from '../errors.js';
import { quoted } from '../quoted.js';
import type { S3Options } from './options.js';

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

const WAIT =
  'Restore what is archived and wait for it, minutes to two days; then run the same command again: ';

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 * @param shell what the AWS command line is to be told too
 */
export function restoreHint(where: string, archive: string | undefined, shell: Shell = {}): string {
  const { bucket, key } = placeOf(where);
  // What is archived by age comes back for good, everything else for some days.
  const isByAge = archive === 'INTELLIGENT_TIERING' || archive?.endsWith('_ACCESS') === true;
  return WAIT + restoreCommand(bucket, quoted(key), isByAge ? '{}' : '{"Days":7}', shell);
}

/** One command for all: there may be thousands. It restores what lies in the same folders and classes, and nothing else. */
function restoreAllHint(places: readonly string[], classes: readonly string[], shell: Shell): string {
  const { bucket } = placeOf(places[0]!);
  const folder = commonFolder(places.map((where) => placeOf(where).key));
  const query = `Contents[?${classes.map((name) => `StorageClass=='${name}'`).join(' || ')}].[Key]`;
  const list = `aws s3api list-objects-v2 --bucket ${bucket} --prefix ${quoted(folder)} --query "${query}" --output text`;
  const restore = restoreCommand(bucket, '"$key"', '{"Days":7}', shell);
  return `${WAIT}${list}${wordsOf(shell)} | while read -r key; do ${restore}; done`;
}

function restoreCommand(bucket: string, key: string, request: string, shell: Shell): string {
  return `aws s3api restore-object --bucket ${bucket} --key ${key} --restore-request '${request}'${wordsOf(shell)}`;
}

/** A bucket's region the AWS command line finds by itself. */
type Shell = Pick<S3Options, 'profile' | 'endpointUrl'>;

const wordsOf = ({ profile, endpointUrl }: Shell): string => typedWords({ profile, endpointUrl });

function placeOf(where: string): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(where) ?? [];
  return { bucket, key };
}

/** With its slash; empty where they have none in common. */
function commonFolder(keys: readonly string[]): string {
  let common = keys[0] ?? '';
  for (const key of keys) while (!key.startsWith(common)) common = common.slice(0, -1);
  return common.slice(0, common.lastIndexOf('/') + 1);
}

/**
 * The error for those of many objects that are archived: one line for all, so that nobody restores one after the other.
 * @param describe the object as a person would write it
 * @param shell what the AWS command line is to be told too
 */
export function archivedError(
  archived: readonly ({ path: string } & Archived)[],
  total: number,
  describe: (path: string) => string,
  shell: Shell,
): RepartitionError {
  const [{ path, archive } = { path: '' }] = archived;
  const where = describe(path);
  const counts = new Map<string, number>();
  for (const { archive = '' } of archived) counts.set(archive, (counts.get(archive) ?? 0) + 1);
  const classes =
    counts.size === 1 ? archive : [...counts].map(([name, count]) => `${count} in ${name}`).join(', ');
  const message =
    archived.length === 1
      ? `${where} is archived (${classes}), as the only one of ${total} parts to align`
      : `${archived.length} of ${total} parts to align are archived (${classes}), the first of them ${where}`;
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
        : archived.length === 1
          ? restoreHint(where, archive, shell)
          : restoreAllHint(
              archived.map((one) => describe(one.path)),
              [...counts.keys()],
              shell,
            ),
    operation: 'read',
    path: where,
    part: path,
  });
}
