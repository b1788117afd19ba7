/**
 * A path or URL as the folder and what is in it, so that a storage can be opened on the folder.
 * @returns no name for what can only be a folder: it ends with a slash, is a bucket, or has no name
 */
export function splitPath(path: string): [folder: string, name: string | undefined] {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]+:\/\/)?(.*)$/is.exec(path) ?? [];
  const slash = rest.lastIndexOf('/');
  const name = rest.slice(slash + 1);
  if (['', '.', '..'].includes(name) || (scheme !== '' && slash < 0)) return [path, undefined];
  return [slash < 0 ? '.' : scheme + (slash === 0 ? '/' : rest.slice(0, slash)), name];
}
