/** Is damage told apart from data? Readers are asked about the mutant, about what was made of it, and about what it was. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasNoSay } from '../matrix/known.js';
import { differenceOf, type Judge, type Verdict } from '../support/judges.js';
import type { Mutant } from './mutants.js';

/** A mutant on the disk, and what was made of it. */
export interface Cut {
  mutant: Mutant;
  path: string;
  made: { method: string; path: string }[];
  /** Nothing of it was refused. */
  whole: boolean;
}

export interface Finding {
  mutant: Mutant;
  kind: 'internal error' | 'failure' | 'laundering' | 'difference';
  /** One line. */
  what: string;
}

/**
 * An output must be read as its input is. Where a reader refuses the input, it must refuse the output, or find in it what
 * it finds in the undamaged file: then what was damaged is gone, and nothing false has passed. What a reader makes of a
 * file that another one refuses is chance, and is not compared.
 * @param folder for files of the undamaged
 */
export async function judgeMutants(
  judges: readonly Judge[],
  cuts: readonly Cut[],
  folder: string,
): Promise<Finding[]> {
  // Readers take BIT_PACKED levels from the other end (see test/matrix/make-files.ts): they cannot tell damage there.
  const heard = cuts.filter(({ mutant: { cell } }) => cell?.levels !== 'BIT_PACKED');
  const paths = heard.flatMap(({ path, made }) => [path, ...made.map((one) => one.path)]);
  const answers = await Promise.all(
    judges.map(async (judge) => ({ judge, verdicts: await patiently(judge, paths) })),
  );
  const findings: Finding[] = [];
  for (const cut of heard) {
    const own = answers.map(({ judge, verdicts }) => {
      const [input, ...outputs] = verdicts.splice(0, 1 + cut.made.length);
      return { judge, input: input!, outputs };
    });
    // Re-encoding opens every page, so what it refuses is damaged too; a splice may have copied that as it was.
    const damaged = !cut.whole || own.some(({ input }) => 'error' in input);
    for (const { judge, input, outputs } of own) {
      if (cut.mutant.cell && hasNoSay(judge.name, 'values', cut.mutant.cell)) continue;
      // Leaves of a struct that disagree about its nulls and rows: readers believe one of them, by the order they read in.
      if (cut.mutant.cell && SEVERAL_LEAVES.test(cut.mutant.cell.nesting)) continue;
      for (const [i, { method, path }] of cut.made.entries()) {
        if (damaged && isCopied(cut.mutant, path)) continue;
        const kind = await kindOf({
          judge,
          input,
          output: outputs[i]!,
          damaged,
          base: cut.mutant.base,
          folder,
        });
        if (kind)
          findings.push({ mutant: cut.mutant, ...kind, what: `${method}: ${judge.name} ${kind.what}` });
      }
    }
  }
  return findings;
}

interface Pair {
  judge: Judge;
  input: Verdict;
  output: Verdict;
  /** Somebody refuses the input. */
  damaged: boolean;
  base: Buffer;
  folder: string;
}

async function kindOf({
  judge,
  input,
  output,
  damaged,
  base,
  folder,
}: Pair): Promise<Omit<Finding, 'mutant'> | undefined> {
  if (isLost(input) || isLost(output)) return undefined;
  if (!('error' in input)) {
    const difference = damaged ? undefined : differenceOf(input, output);
    if (difference === undefined || (await isHealed(judge, output, base, folder))) return undefined;
    return { kind: 'difference', what: difference };
  }
  if ('error' in output || (await isHealed(judge, output, base, folder))) return undefined;
  return { kind: 'laundering', what: `refuses the input (${input.error}) and reads the output` };
}

const SEVERAL_LEAVES = /struct|map/;

/** Whether a reader finds in an output what stood in the undamaged file; what that can't be read for tells nothing. */
async function isHealed(judge: Judge, output: Verdict, base: Buffer, folder: string): Promise<boolean> {
  const path = join(folder, `${judge.name}-base.parquet`);
  writeFileSync(path, base);
  const [undamaged] = await patiently(judge, [path]);
  if (!undamaged || 'error' in undamaged) return true;
  return !('error' in output) && String(undamaged.digest) === String(output.digest);
}

/** Whether the damaged bytes stand in an output as they are: then nobody opened them, and nothing vouches for them. */
function isCopied({ base, bytes }: Mutant, path: string): boolean {
  const shorter = Math.min(base.length, bytes.length);
  let start = 0;
  while (start < shorter && base[start] === bytes[start]) start++;
  let behind = 0;
  while (behind < shorter - start && base.at(-1 - behind) === bytes.at(-1 - behind)) behind++;
  // Of bytes that were taken out there is nothing to be found.
  if (start >= bytes.length - behind) return false;
  const around = bytes.subarray(Math.max(0, start - 8), bytes.length - behind + 8);
  return readFileSync(path).includes(around);
}

/** A reader may itself die or hang at damage; then it says nothing about that file. */
const LOST = 'the reader was lost';
const isLost = (verdict: Verdict): boolean => 'error' in verdict && verdict.error === LOST;

async function patiently(judge: Judge, paths: readonly string[]): Promise<Verdict[]> {
  const verdicts = await within(judge, paths);
  if (verdicts) return verdicts;
  if (paths.length === 1) return [{ error: LOST }];
  const half = paths.length >> 1;
  return [...(await patiently(judge, paths.slice(0, half))), ...(await patiently(judge, paths.slice(half)))];
}

const PATIENCE = 15_000;

async function within(judge: Judge, paths: readonly string[]): Promise<Verdict[] | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      judge.stop?.();
      resolve(undefined);
    }, PATIENCE);
  });
  const read = judge.read(paths).catch(() => undefined);
  const first = await Promise.race([read, late]);
  clearTimeout(timer);
  return first;
}
