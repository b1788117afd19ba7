/** Checksums of made parts: numbers while a run goes on, as there may be a million, and at the end in S3's writing. */
import type { Plan, Results } from './model.js';
import { ownedTasks } from './owned-tasks.js';

/** A CRC-64 as S3 writes it, the most significant byte first. */
export function fromBase64(text: string): bigint {
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === 8 ? bytes.readBigUInt64BE() : 0n;
}

function toBase64(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes.toString('base64');
}

/** By the path of a part. Those that an earlier run made, and those of storages that give none, are left out. */
export function checksumsOf(plan: Plan, { checksums }: Results): Record<string, string> | undefined {
  if (!checksums) return undefined;
  const found: Record<string, string> = {};
  for (const { task } of ownedTasks(plan)) {
    const value = checksums[task.id];
    if (value) found[task.output] = toBase64(value);
  }
  return found;
}
