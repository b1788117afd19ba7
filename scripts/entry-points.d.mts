export const entryPoints: readonly {
  /** What a program writes after `from`: `gs-repartition/parquet`. */
  specifier: string;
  /** The file that the entry point is compiled from. */
  source: string;
}[];
