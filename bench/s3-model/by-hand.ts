/** The model alone, for whoever wants to look: with a profiler, another client, or another command. */
import { join } from 'node:path';
import type { Costs } from './costs.js';
import { boundaryGraph } from './graph.js';
import { CREDENTIALS, graphOptions, Model } from './model.js';

/** Until the process is stopped. @throws BenchError when templates or model cannot be made */
export async function serveModel(
  { parts, partBytes, costs }: { parts: number; partBytes: number; costs: Costs },
  folder: string,
): Promise<void> {
  const { recipe } = await boundaryGraph(parts, partBytes, folder);
  const model = await Model.start(recipe, costs, join(folder, 'model'));
  const environment = Object.entries(CREDENTIALS).map(([name, value]) => `${name}=${value}`);
  console.log(`${environment.join(' ')} gs-repartition ${graphOptions(model).join(' ')}`);
  console.log(
    `counts: curl ${model.endpoint}/_model/stats; from zero: …/reset; as in the beginning: …/restore`,
  );
  await model.ended;
}
