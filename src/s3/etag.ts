/** An ETag without its quotes: lists and heads of some servers disagree about them. */
export function versionFrom(etag: string | undefined): string {
  return (etag ?? '').replace(/^"|"$/g, '');
}
