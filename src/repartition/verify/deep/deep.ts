/** Every value of a graph, once: read in threads, summed up, and judged when all is read. */
import type { GraphMetadata } from '../../../metadata/index.js';
import type { Storage } from '../../../storage/storage.js';
import type { VerifyOptions } from '../../api.js';
import type { CountedDataSet } from '../../model.js';
import type { LookedMapping } from '../check-totals.js';
import type { LookedDataSet } from '../facts.js';
import type { Finding } from '../finding.js';
import type { Tally } from '../../../storage/tally.js';
import { judge } from './judge.js';
import type { Unit, UnitFacts } from './model.js';
import { planDeepLook } from './plan.js';
import { readUnits } from './pool.js';

export interface DeepInput {
  metadata: GraphMetadata;
  dataSets: readonly LookedDataSet[];
  mappings: readonly LookedMapping[];
  /** Nodes by type. */
  nodes: ReadonlyMap<string, number>;
  /** What the alignment has read, as far as it is still there. */
  inputs: readonly CountedDataSet[];
}

export interface DeepOutcome {
  findings: Finding[];
  checked: { bytes: number; compared: number };
}

/** @throws RepartitionError when something can't be looked at */
export async function lookDeep(
  storage: Storage,
  { metadata, dataSets, mappings, nodes, inputs }: DeepInput,
  {
    signal,
    threads,
    memory,
    worldSize,
    onProgress,
    tally,
  }: Pick<VerifyOptions, 'signal' | 'threads' | 'memory' | 'worldSize' | 'onProgress'> & { tally: Tally },
): Promise<DeepOutcome> {
  const plan = planDeepLook(metadata, dataSets, mappings, nodes, inputs);
  const facts = new Array<UnitFacts | undefined>(plan.units.length);
  const totalBytes = plan.units.reduce((sum, { bytes }) => sum + bytes, 0);
  // A large part is several units.
  const left = new Map<string, number>();
  for (const path of plan.units.flatMap(pathsOf)) left.set(path, (left.get(path) ?? 0) + 1);
  let [done, read, finished] = [0, 0, 0];
  const report = (): void =>
    onProgress?.({
      phase: 'deep',
      done,
      total: left.size,
      // What lies in the tail of a file is read with its footer.
      bytes: Math.min(totalBytes, Math.max(read, finished)),
      totalBytes,
    });
  report();
  await readUnits(storage, plan.units, {
    threads,
    memory,
    signal,
    tally,
    onBytes: (bytes) => {
      read += bytes;
      report();
    },
    onDone: (unit, of) => {
      facts[unit.id] = of;
      for (const path of pathsOf(unit)) {
        const units = left.get(path)! - 1;
        left.set(path, units);
        if (units === 0) done++;
      }
      finished += unit.bytes;
      report();
    },
  });
  const compared = new Set(plan.comparisons.map(({ dataSet }) => dataSet)).size;
  return { findings: judge(plan, facts, { nodes, worldSize }), checked: { bytes: totalBytes, compared } };
}

function pathsOf(unit: Unit): string[] {
  return unit.kind === 'part' ? [unit.path] : unit.parts.map(({ path }) => path);
}
