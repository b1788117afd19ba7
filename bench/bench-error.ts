/** What a person who runs the benchmarks can do something about: one line, and what to do. */
export class BenchError extends Error {
  override name = 'BenchError';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
