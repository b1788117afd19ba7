/** Sizes and times as people write and read them. */
import { BenchError } from './bench-error.js';

export const MIB = 1024 * 1024;

/** `500m`, `4g`, `1.5 GB`: powers of 1024. @throws BenchError */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim());
  if (!match) throw new BenchError(`"${text}" is no number of bytes`, 'write 500m or 4g');
  const power = ' kmgt'.indexOf(match[2]!.toLowerCase() || ' ');
  return Math.round(Number(match[1]) * 1024 ** power);
}

/** `1.0 GB`, `128 MB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]!}`;
}

export function toMb(bytes: number): number {
  return Math.round(bytes / MIB);
}

export function formatSeconds(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
}
