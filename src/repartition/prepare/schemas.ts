/** The schemas of a data set's parts: one, if all is well. */
import { RepartitionError } from '../../errors.js';
import type { Footer } from '../../parquet/footer.js';
import { schemaDifference } from '../../parquet/same-schema.js';

/** A part that shows what its schema is. */
export interface SchemaSample {
  path: string;
  footer: Footer;
}

/** Numbers schemas as they are met, and keeps a part of each: one with rows, if there is one. */
export function numberOf(samples: SchemaSample[], part: SchemaSample): number {
  const number = samples.findIndex((one) => schemaDifference(one.footer, part.footer, 'all') === undefined);
  if (number < 0) return samples.push(part) - 1;
  if (samples[number]!.footer.rows === 0 && part.footer.rows > 0) samples[number] = part;
  return number;
}

/** Numbers the schemas of one data set as they are met. */
export class DataSetSchemas {
  private readonly known: SchemaSample[] = [];

  /** @param owner the data set, for messages */
  constructor(private readonly owner: string) {}

  /**
   * The number of the part's schema, for all that have it. Parts of one type may still differ in which columns may be null;
   * then they can stand side by side, but their pages can't be mixed.
   * @throws RepartitionError `mismatch` when the types differ: DistPartitioning stacks the parts
   */
  add(part: SchemaSample): number {
    const number = numberOf(this.known, part);
    // A part without rows adds nothing to the stack, whatever its columns are called.
    if (this.known[number] === part && part.footer.rows > 0) this.requireSameTypes(part);
    return number;
  }

  private requireSameTypes(part: SchemaSample): void {
    const other = this.known.find((one) => one !== part && one.footer.rows > 0);
    const column = other && schemaDifference(other.footer, part.footer, 'types');
    if (other && column !== undefined) throw this.mismatch(other, part, column);
  }

  private mismatch(a: SchemaSample, b: SchemaSample, column: string): RepartitionError {
    // In the order of their names, though they are read side by side.
    const [first, second] = [a, b].sort((one, other) => (one.path < other.path ? -1 : 1)) as [
      SchemaSample,
      SchemaSample,
    ];
    return new RepartitionError(
      'mismatch',
      `${first.footer.file} and ${second.footer.file} are parts of ${this.owner} but their schemas differ at column ${column}`,
      {
        hint: 'Write the data set again with one schema.',
        operation: 'read',
        path: second.footer.file,
        part: second.path,
      },
    );
  }
}
