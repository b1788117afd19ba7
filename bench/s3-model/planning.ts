/** Planning alone: the metadata and all footers are read through the model, and nothing is made. */
import { join } from 'node:path';
import { remove } from '../graphs.js';
import type { Cost } from '../measure/measure.js';
import type { RunContext } from '../run.js';
import { formatSeconds, toMb } from '../units.js';
import type { Build } from './build.js';
import type { Costs } from './costs.js';
import type { Stats } from './counters.js';
import { wideGraph } from './graph.js';
import { graphOptions, Model, runInModel } from './model.js';
import { type ModelPlanning, planningReport } from './report.js';

export interface PlanningRequest {
  /** Of all data sets together. */
  parts: number;
  costs: Costs;
  repeats: number;
}

/** @throws BenchError when a run fails */
export async function measurePlanning(
  { parts, costs, repeats }: PlanningRequest,
  builds: readonly Build[],
  context: RunContext,
): Promise<ModelPlanning> {
  const folder = join(context.folder, `planning-${parts}`);
  const model = await Model.start(await wideGraph(parts, folder), costs, join(folder, 'model'));
  try {
    const runs: { build: string; costs: Cost[]; stats: Stats }[] = [];
    for (let i = 0; i < repeats; i++) {
      for (const [j, { name, argv }] of builds.entries()) {
        await model.reset();
        const [program, main] = argv;
        const cost = await runInModel([program!, main!, 'plan', ...graphOptions(model)], context.folder);
        const stats = await model.stats();
        context.log(
          `planning ${parts.toLocaleString('en')} parts: ${name} ${formatSeconds(cost.seconds)}, ${toMb(cost.peakRssBytes)} MB`,
        );
        const run = (runs[j] ??= { build: name, costs: [], stats });
        run.costs.push(cost);
        run.stats = stats;
      }
    }
    return { parts, costs, runs: runs.map((run) => planningReport(run, parts)) };
  } finally {
    await model.stop();
    await remove(folder);
  }
}
