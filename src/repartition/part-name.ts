/**
 * What a new part is called in its own footer: its path without the hash of what went into it. That depends on clocks and
 * storages, and the same slices shall give the same bytes everywhere.
 */
export function nameInFooter(output: string): string {
  return output.replace(/(parquet-repartitioned)-[0-9a-f]{8}(?=\/[^/]*$)/, '$1');
}
