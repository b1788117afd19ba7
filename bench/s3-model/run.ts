/** Ours against the model of S3: time beside the bare copies in the same model, and what every part takes. */
import { join } from 'node:path';
import { remove } from '../graphs.js';
import { describeMachine } from '../machine.js';
import type { S3ModelPreset } from '../presets.js';
import type { RunContext } from '../run.js';
import { formatBytes } from '../units.js';
import { type Build, buildsOf } from './build.js';
import { S3_COSTS } from './costs.js';
import { boundaryGraph, type ModelGraph } from './graph.js';
import { Model } from './model.js';
import { measurePlanning } from './planning.js';
import { PointBench, type PointRequest } from './point.js';
import { type ModelPlanning, type ModelPoint, type ModelReport, modelTargetsOf } from './report.js';

/** @throws BenchError when a run fails, moves nothing, or makes a part with other rows */
export async function runOnModel(preset: S3ModelPreset, context: RunContext): Promise<ModelReport> {
  const machine = await describeMachine(context.folder);
  const builds = buildsOf(preset.commands);
  const points = await measurePoints(preset.points, builds, context);
  const planning: ModelPlanning[] = [];
  for (const parts of preset.planning) {
    const costs = { ...S3_COSTS, ...preset.costs };
    planning.push(await measurePlanning({ parts, costs, repeats: preset.repeats }, builds, context));
  }
  return {
    kind: 's3-model',
    preset: context.preset,
    machine,
    ran: context.ran,
    points,
    planning,
    targets: modelTargetsOf(points, planning),
  };
}

async function measurePoints(
  requests: readonly PointRequest[],
  builds: readonly Build[],
  context: RunContext,
): Promise<ModelPoint[]> {
  const points: ModelPoint[] = [];
  /** Neighbours on a curve often have the same. */
  let graph: { key: string; folder: string; made: ModelGraph } | undefined;
  for (const request of requests) {
    const { parts, partBytes } = request;
    const key = `${parts}-${partBytes}`;
    if (graph?.key !== key) {
      if (graph) await remove(graph.folder);
      const folder = join(context.folder, key);
      context.log(`${parts.toLocaleString('en')} parts of ${formatBytes(partBytes)}: making the templates`);
      graph = { key, folder, made: await boundaryGraph(parts, partBytes, folder) };
    }
    const costs = { ...S3_COSTS, ...request.costs };
    const model = await Model.start(graph.made.recipe, costs, join(graph.folder, 'model'));
    try {
      points.push(await new PointBench(model, graph.made, costs, request, builds, context).measure());
    } finally {
      await model.stop();
    }
  }
  if (graph) await remove(graph.folder);
  return points;
}
