/** Which parts a layout leaves as they are. */

/**
 * For each part of the layout, the index of the existing part that covers exactly its rows, or -1.
 *
 *     parts    │  a  │ b │   c   │ d │        0 -1 3
 *     layout   │  0  │     1     │ 2 │
 *
 * Parts without rows lie between others: an output with rows steps over them, one without takes the next. Linear in
 * both.
 *
 * @param rows of the existing parts
 */
export function matchParts(rows: ArrayLike<number>, layout: ArrayLike<number>): Int32Array {
  const matches = new Int32Array(layout.length).fill(-1);
  let part = 0; // the first part not behind us
  let start = 0; // where it starts
  let row = 0; // where the output starts
  for (let i = 0; i < layout.length; i++) {
    const wanted = layout[i]!;
    while (part < rows.length && start < row) start += rows[part++]!;
    while (wanted > 0 && part < rows.length && start === row && rows[part] === 0) part++;
    if (part < rows.length && start === row && rows[part] === wanted) {
      matches[i] = part++;
      start += wanted;
    }
    row += wanted;
  }
  return matches;
}

/** As numbers in a row, which a group's many comparisons go through fast. */
export function rowsOf(parts: readonly { rows: number }[]): Float64Array {
  return Float64Array.from(parts, ({ rows }) => rows);
}
