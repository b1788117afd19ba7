/** Rows below headings; columns as wide as their widest cell, and none that is empty throughout. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const used = headings.flatMap((_, i) => (rows.some((row) => row[i] !== '') ? [i] : []));
  const all = [headings, ...rows].map((row) => used.map((i) => row[i] ?? ''));
  const widths = used.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
