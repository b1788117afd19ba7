/** Two prefixes that two versions have aligned: the first thing in which they differ. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readParquet } from './footer.js';

/** Says when a run was and how it is repeated. */
const STATUS = 'repartition_status.json';

/** @returns a line that tells the first difference; `undefined` when there is none */
export function difference(before: string, after: string): string | undefined {
  const [old, now] = [filesOf(before), filesOf(after)];
  for (const name of old.keys()) if (!now.has(name)) return `${name} is no longer made`;
  for (const [name, path] of now) {
    const other = old.get(name);
    if (other === undefined) return `${name} was not made before`;
    const told = name.includes('parquet-repartitioned-')
      ? betweenParts(readFileSync(other), readFileSync(path))
      : betweenDocuments(readFileSync(other), readFileSync(path));
    if (told !== undefined) return `${name}: ${told}`;
  }
  return undefined;
}

/** All files under a prefix, by their paths without what the names' hashes say. */
function filesOf(prefix: string): Map<string, string> {
  const files = readdirSync(prefix, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== STATUS)
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.sort().map((path) => [withoutHashes(relative(prefix, path)), path]));
}

function withoutHashes(text: string): string {
  return text.replace(/parquet-repartitioned-[0-9a-f]{8}/g, 'parquet-repartitioned-…');
}

function betweenDocuments(before: Buffer, after: Buffer): string | undefined {
  if (before.equals(after)) return undefined;
  return betweenLines(
    withoutHashes(before.toString('utf8')).split('\n'),
    withoutHashes(after.toString('utf8')).split('\n'),
  );
}

function betweenParts(before: Buffer, after: Buffer): string | undefined {
  if (before.equals(after)) return undefined;
  const [old, now] = [readParquet(before), readParquet(after)];
  if (!old.body.equals(now.body)) {
    const at = old.body.findIndex((byte, i) => byte !== now.body[i]);
    const place = at < 0 ? Math.min(old.body.length, now.body.length) : at;
    return `byte ${place} differs, of ${old.body.length} before the footer, now ${now.body.length}`;
  }
  const told = betweenLines(old.footer, now.footer);
  return told === undefined ? undefined : `the footer, ${told}`;
}

function betweenLines(before: readonly string[], after: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    if (before[i] !== after[i])
      return `line ${i + 1}: "${before[i] ?? '(end)'}" was, "${after[i] ?? '(end)'}" is`;
  }
  return undefined;
}
