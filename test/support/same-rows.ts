/** The one question of this project: are the rows of the outputs those of the inputs, and is nothing else lost? */
import { audit } from './audit.js';
import { columnDifference } from './canonical.js';
import { pruningProblems } from './pruning.js';
import { type AgreedFile, type Canonical, readWithAll } from './read-with-all.js';

export interface SameRowsOptions {
  /**
   * Footer keys that may differ from the inputs'. Default: `shape`, which is the point of an alignment,
   * `ARROW:schema`, which carries a copy of it (what else it says is compared as pyarrow reads it), and
   * `gs-repartition`, which says that we made the file.
   */
  exceptKeys?: readonly string[];
  /** Compare what the outputs say about themselves with their values (audit.ts). Default true. */
  audit?: boolean;
  /** Ask DuckDB and pyarrow questions that they answer with statistics (pruning.ts). Default true. */
  pruning?: boolean;
}

/**
 * Passes when all three readers agree that the concatenated rows of `outputs` are those of `inputs`, value for value
 * and null for null; that every output has the inputs' schema, footer keys and `created_by`; and that its statistics
 * and indexes are true.
 * @returns what was read, for further assertions
 * @throws Error that names the differences
 */
export async function expectSameRows(
  inputs: readonly string[],
  outputs: readonly string[],
  options: SameRowsOptions = {},
): Promise<{ inputs: Canonical; outputs: Canonical }> {
  const before = await readWithAll(inputs);
  const after = await readWithAll(outputs);
  const problems = [...rowProblems(before, after)];
  for (const file of after.files) {
    problems.push(
      ...fileProblems(before.files, file, options.exceptKeys ?? ['shape', 'ARROW:schema', 'gs-repartition']),
    );
  }
  if (problems.length === 0 && options.audit !== false)
    problems.push(...(await auditProblems(inputs, outputs)));
  if (problems.length === 0 && options.pruning !== false) {
    problems.push(
      ...(await newKinds(await pruningProblems(outputs, after.columns), () =>
        pruningProblems(inputs, before.columns),
      )),
    );
  }
  if (problems.length > 0) {
    throw new Error(
      [`${outputs.length} outputs are not the same as ${inputs.length} inputs:`, ...problems].join('\n  '),
    );
  }
  return { inputs: before, outputs: after };
}

function* rowProblems(before: Canonical, after: Canonical): Generator<string> {
  if (before.rows !== after.rows) yield `${before.rows} rows became ${after.rows}`;
  if (before.columns.length !== after.columns.length) {
    yield `${before.columns.length} columns became ${after.columns.length}`;
    return;
  }
  for (const [i, column] of before.columns.entries()) {
    const difference = columnDifference(
      { from: 'inputs', column },
      { from: 'outputs', column: after.columns[i]! },
    );
    if (difference !== undefined) yield difference;
  }
}

/** An output takes its schema and keys from an input: it must equal one of them. */
function fileProblems(inputs: AgreedFile[], output: AgreedFile, except: readonly string[]): string[] {
  const aspects: [string, (file: AgreedFile) => unknown][] = [
    ['schema', (file) => file.schema],
    ['leaves', (file) => file.leaves],
    ['Arrow schema', (file) => file.arrowSchema],
    // Pages that are copied keep their writer, which readers key workarounds on; re-encoded ones are ours.
    ['created_by', ({ createdBy }) => (createdBy.startsWith('gs-repartition ') ? 'ours' : createdBy)],
    ['presence of ARROW:schema', (file) => 'ARROW:schema' in file.keys],
    [
      'footer keys',
      (file) =>
        Object.entries(file.keys)
          .filter(([key]) => !except.includes(key))
          .sort(),
    ],
  ];
  return aspects.flatMap(([name, of]) => {
    const own = JSON.stringify(of(output));
    if (own === '"ours"' || inputs.some((input) => JSON.stringify(of(input)) === own)) return [];
    return [
      `${output.path}: no input has its ${name}\n    it: ${own}\n    first input: ${JSON.stringify(of(inputs[0]!))}`,
    ];
  });
}

async function auditProblems(inputs: readonly string[], outputs: readonly string[]): Promise<string[]> {
  const all = async (paths: readonly string[]) => {
    const found: string[] = [];
    for (const path of paths) found.push(...(await audit(path)).map((problem) => `${path}: ${problem}`));
    return found;
  };
  return newKinds(await all(outputs), () => all(inputs));
}

/** The outputs' problems, without those of a kind that the inputs came with: writers have bugs that we pass on. */
async function newKinds(found: string[], ofInputs: () => Promise<string[]>): Promise<string[]> {
  if (found.length === 0) return [];
  const known = new Set((await ofInputs()).map(kindOf));
  return found.filter((problem) => !known.has(kindOf(problem)));
}

/** A problem without its place and its numbers. */
function kindOf(problem: string): string {
  return problem
    .replace(/^.*row group \d+/, '')
    .replaceAll(/"(\\.|[^"\\])*"/g, '…')
    .replaceAll(/0x[0-9a-f]*|-?\d[\d.e+-]*/g, '#');
}
