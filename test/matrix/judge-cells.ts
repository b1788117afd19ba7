/** What is wrong with what was made of some cells, by the word of a reader. */
import { differenceOf, type Judge, type Question, wrongCounts } from '../support/judges.js';
import { nameOf } from './cells.js';
import { hasNoSay } from './known.js';
import { type CellFiles, METHODS } from './make-files.js';

export interface Judged {
  problems: string[];
  /** Cells that the reader reads as they were written, and so has a say in. */
  cells: Set<CellFiles>;
}

/**
 * Outputs must be read as the twin is, wherever the reader reads the input: so no reader's limits are ours, and the
 * input is proven as well.
 */
export async function judgeValues(judge: Judge, cells: readonly CellFiles[]): Promise<Judged> {
  const asked = filesOf(judge, 'values', cells).map((one) => ({
    ...one,
    paths: [one.files.twin, ...one.read.map(({ path }) => path)],
  }));
  const verdicts = await judge.read(asked.flatMap(({ paths }) => paths));
  const result: Judged = { problems: [], cells: new Set() };
  for (const { files, read, paths } of asked) {
    const [twin, ...found] = verdicts.splice(0, paths.length);
    // A type or nesting that this reader does not know; or a codec or an encoding.
    if (!twin || 'error' in twin || (read[0]?.what === WRITTEN && 'error' in found[0]!)) continue;
    result.cells.add(files);
    for (const [i, { what }] of read.entries()) {
      const difference = differenceOf(twin, found[i]!);
      if (difference !== undefined)
        result.problems.push(`${nameOf(files.cell)}: ${what}: ${judge.name} ${difference}`);
    }
  }
  return result;
}

/**
 * Queries that skip what they can must find in an output what they find in the twin, which lets nothing be skipped;
 * unless they go wrong in the input as well.
 */
export async function judgeCounts(judge: Judge, cells: readonly CellFiles[]): Promise<Judged> {
  const asked = filesOf(judge, 'counts', cells).map(({ files, read }) => {
    const { twin, cuts, rows } = files;
    const middle = cuts[cuts.length >> 1];
    // On both sides of a cut, and the last.
    const chosen = [...new Set([...(middle === undefined ? [] : [middle - 1, middle]), rows - 1])];
    const flat = ['required', 'optional'].includes(files.cell.nesting);
    const question = (path: string): Question => ({
      path,
      column: 'x',
      twin,
      rows: flat ? chosen.filter((row) => row >= 0) : [],
    });
    return { files, read, questions: [question(twin), ...read.map(({ path }) => question(path))] };
  });
  const answers = await judge.count!(asked.flatMap(({ questions }) => questions));
  const result: Judged = { problems: [], cells: new Set() };
  for (const { files, read, questions } of asked) {
    const [twin, ...found] = answers.splice(0, questions.length);
    if (!twin || 'error' in twin) continue;
    if (read[0]?.what === WRITTEN && wrongCounts(twin, found[0]!).length > 0) continue;
    result.cells.add(files);
    for (const [i, { what }] of read.entries()) {
      const wrong = wrongCounts(twin, found[i]!).join('; ');
      if (wrong !== '') result.problems.push(`${nameOf(files.cell)}: ${what}: ${judge.name} counts ${wrong}`);
    }
  }
  return result;
}

const WRITTEN = 'as it was written';

function filesOf(judge: Judge, about: 'values' | 'counts', cells: readonly CellFiles[]) {
  const heard = cells.filter(({ cell }) => !hasNoSay(judge.name, about, cell));
  return heard.map((files) => {
    const outputs = METHODS.flatMap((method): { what: string; path: string }[] => {
      const made = files.made[method];
      return 'path' in made ? [{ what: method, path: made.path }] : [];
    });
    // Readers don't read BIT_PACKED levels as they are written, see make-files.ts.
    const own = files.cell.levels === 'BIT_PACKED' ? [] : [{ what: WRITTEN, path: files.input }];
    return { files, read: [...own, ...outputs] };
  });
}
