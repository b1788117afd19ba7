/** The schemas of a data set's parts: one, if all is well. */
import { RepartitionError } from '../../errors.js';
import type { Footer } from '../../parquet/footer.js';
import { schemaDifference } from '../../parquet/same-schema.js';

interface Known {
  path: string;
  footer: Footer;
}

/** Numbers the schemas of one data set as they are met. */
export class DataSetSchemas {
  private readonly known: Known[] = [];

  /** @param owner the data set, for messages */
  constructor(private readonly owner: string) {}

  /**
   * The number of the part's schema. Parts of one type may still differ in which columns may be null; then they can
   * stand side by side, but their pages can't be mixed.
   * @throws RepartitionError `mismatch` when the types differ: DistPartitioning stacks the parts
   */
  add(path: string, footer: Footer): number {
    const number = this.known.findIndex((one) => schemaDifference(one.footer, footer, 'all') === undefined);
    if (number >= 0) return number;
    // A part without rows adds nothing to the stack, whatever its columns are called.
    const other = footer.rows === 0 ? undefined : this.known.find((one) => one.footer.rows > 0);
    const column = other && schemaDifference(other.footer, footer, 'types');
    if (other && column !== undefined) throw this.mismatch(other, { path, footer }, column);
    return this.known.push({ path, footer }) - 1;
  }

  private mismatch(a: Known, b: Known, column: string): RepartitionError {
    // In the order of their names, though they are read side by side.
    const [first, second] = [a, b].sort((one, other) => (one.path < other.path ? -1 : 1)) as [Known, Known];
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
