/** What writers do that no specification tells, as readers know it of them: by the name in `created_by`. */

export interface Habits {
  /** Eight zeros stand behind the values of every page, against readers that look ahead (fastparquet). */
  zerosBehindValues: boolean;
  /** A packed run too many stands behind the last one now and then (DuckDB 1.3). */
  spareRuns: boolean;
  /**
   * Bytes that pages may reach beyond their chunk's size. parquet-mr before 1.2.9 left the header of a dictionary page out
   * of it (PARQUET-816), and an unknown version may be as old; other readers, too, look so much further.
   */
  overhang: number;
}

const OVERHANG = 100;

export function habitsOf(createdBy = ''): Habits {
  return {
    zerosBehindValues: /^(?:fastparquet|parquet-python)\b/.test(createdBy),
    spareRuns: /^DuckDB\b/.test(createdBy),
    overhang: isOldParquetMr(createdBy) ? OVERHANG : 0,
  };
}

function isOldParquetMr(createdBy: string): boolean {
  const named = /^parquet-mr(?!\S)(?: version (\d+)\.(\d+)\.(\d+))?/.exec(createdBy);
  if (!named) return false;
  // Groups that did not match are undefined.
  const parts: (string | undefined)[] = named.slice(1);
  const [major, minor, patch] = parts.map((number) => Number(number ?? 0)) as [number, number, number];
  return major < 1 || (major === 1 && (minor < 2 || (minor === 2 && patch < 9)));
}
