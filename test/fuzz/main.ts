/** `npm run fuzz -- --minutes 10 --seed 1`: findings are told as they come, and kept with what finds them again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../support/paths.js';
import { fuzz } from './fuzz.js';
import { mutants } from './mutants.js';

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      findings: { type: 'string', default: join(repositoryRoot, 'test', 'fuzz', 'findings') },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isInteger(seed)) {
    console.error('fuzz: --minutes is a number above 0, --seed a whole number');
    return 2;
  }
  console.log(`fuzz: seed ${seed}, ${minutes} minutes`);
  const result = await fuzz({
    source: mutants(seed),
    milliseconds: minutes * 60_000,
    onFinding: ({ mutant, kind, what }) => {
      const name = `${kind.replace(' ', '-')}-${seed}-${mutant.number}`;
      mkdirSync(values.findings, { recursive: true });
      writeFileSync(join(values.findings, `${name}.parquet`), mutant.bytes);
      writeFileSync(join(values.findings, `${name}.base.parquet`), mutant.base);
      const { number, of, cuts, what: damage } = mutant;
      writeFileSync(
        join(values.findings, `${name}.json`),
        `${JSON.stringify({ kind, what, of, damage, cuts, seed, number }, null, 2)}\n`,
      );
      console.log(`${name}: ${what.split('\n')[0]!.slice(0, 200)}`);
    },
  });
  const { mutants: count, made, refused, findings } = result;
  console.log(`fuzz: ${count} mutants, ${made} outputs, ${refused} refused, ${findings.length} findings`);
  return findings.length > 0 ? 1 : 0;
}
