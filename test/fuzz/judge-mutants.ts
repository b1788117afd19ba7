/** Is damage told apart from data? Readers are asked about the mutant, about what was made of it, and about what it was. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasNoSay } from '../matrix/known.js';
import { differenceOf, type Judge, type Verdict } from '../support/judges.js';
import type { Mutant } from './mutants.js';

/** A mutant on the disk, and what was made of it. */
export interface Cut {
  mutant: Mutant;
  path: string;
  made: { method: string; path: string }[];
}

export interface Finding {
  mutant: Mutant;
  kind: 'internal error' | 'failure' | 'laundering' | 'difference';
  /** One line. */
  what: string;
}

/**
 * An output must be read as its input is. Where a reader refuses the input, it must refuse the output, or find in it what
 * it finds in the undamaged file: then what was damaged is gone, and nothing false has passed.
 * @param folder for files of the undamaged
 */
export async function judgeMutants(judge: Judge, cuts: readonly Cut[], folder: string): Promise<Finding[]> {
  const heard = cuts.filter(({ mutant: { cell } }) => !cell || !hasNoSay(judge.name, 'values', cell));
  const asked = heard.map((cut) => ({ cut, paths: [cut.path, ...cut.made.map(({ path }) => path)] }));
  const verdicts = await patiently(
    judge,
    asked.flatMap(({ paths }) => paths),
  );
  const findings: Finding[] = [];
  for (const { cut, paths } of asked) {
    const [input, ...outputs] = verdicts.splice(0, paths.length);
    for (const [i, { method }] of cut.made.entries()) {
      const output = outputs[i];
      if (!input || !output || isLost(input) || isLost(output)) continue;
      const find = (kind: Finding['kind'], what: string): void => {
        findings.push({ mutant: cut.mutant, kind, what: `${method}: ${judge.name} ${what}` });
      };
      if (!('error' in input)) {
        const difference = differenceOf(input, output);
        if (difference !== undefined) find('difference', difference);
      } else if (!('error' in output)) {
        const path = join(folder, `${judge.name}-base.parquet`);
        writeFileSync(path, cut.mutant.base);
        const [base] = await patiently(judge, [path]);
        if (!base || 'error' in base || String(base.digest) === String(output.digest)) continue;
        find('laundering', `refuses the input (${input.error}) and reads the output`);
      }
    }
  }
  return findings;
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
