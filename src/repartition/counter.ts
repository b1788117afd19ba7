/** Counts calls, and reports each. */
export function counter(report: (done: number) => void): () => void {
  let done = 0;
  return () => {
    report(++done);
  };
}
