/**
 * Rows below headings; columns as wide as their widest cell, and none that is empty throughout.
 * @param most characters of a line: cells of the widest columns are cut short until lines fit
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  most = Infinity,
): string[] {
  const used = headings.flatMap((_, i) => (rows.some((row) => row[i] !== '') ? [i] : []));
  const all = [headings, ...rows].map((row) => used.map((i) => row[i] ?? ''));
  const widths = fitted(
    used.map((_, i) => all.reduce((width, row) => Math.max(width, row[i]!.length), 0)),
    most,
  );
  return all.map((row) =>
    row
      .map((cell, i) => shortened(cell, widths[i]!).padEnd(widths[i]!))
      .join(GAP)
      .trimEnd(),
  );
}

const GAP = '  ';
/** Below this a cell says nothing any more. */
const NARROWEST = 8;

/** The text in at most so many characters; what is left out is from its middle, for paths begin alike. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const [head, tail] = [Math.ceil((most - 1) / 2), Math.floor((most - 1) / 2)];
  return `${text.slice(0, head)}…${text.slice(text.length - tail)}`;
}

function fitted(widths: number[], most: number): number[] {
  const gaps = GAP.length * Math.max(0, widths.length - 1);
  for (;;) {
    const sum = widths.reduce((total, width) => total + width, gaps);
    const widest = Math.max(0, ...widths);
    if (sum <= most || widest <= NARROWEST) return widths;
    // To the next narrower one, or as far as is needed.
    const next = Math.max(NARROWEST, ...widths.filter((width) => width < widest));
    const share = Math.ceil((sum - most) / widths.filter((width) => width === widest).length);
    const width = Math.max(next, widest - share);
    widths = widths.map((one) => (one === widest ? width : one));
  }
}
