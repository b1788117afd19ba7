/** Ours against the model of S3: time beside the bare copies in the same model, and what every part takes. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Summary } from '../../src/repartition/index.js';
import { BenchError } from '../bench-error.js';
import { remove } from '../graphs.js';
import { describeMachine } from '../machine.js';
import { type Cost, measure, type Measured } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import type { S3ModelPreset } from '../presets.js';
import type { RunContext } from '../run.js';
import { formatBytes, formatSeconds, toMb } from '../units.js';
import { type Build, buildsOf } from './build.js';
import { checkRows } from './check.js';
import { type Costs, S3_COSTS } from './costs.js';
import type { Stats } from './counters.js';
import { boundaryGraph, BUCKET, type ModelGraph, PREFIX } from './graph.js';
import { type Added, CREDENTIALS, Model } from './model.js';
import {
  bareReport,
  type BareReport,
  buildReport,
  type ModelPoint,
  type ModelReport,
  modelTargetsOf,
} from './report.js';

/** A point of a curve. */
export interface PointRequest {
  curve: string;
  x: number;
  parts: number;
  partBytes: number;
  costs: Partial<Costs>;
  concurrency?: number | undefined;
  /** Requests in flight of the bare copies; none where they are not measured. */
  bareInFlight: readonly number[];
  repeats: number;
}

/** @throws BenchError when a run fails, moves nothing, or makes a part with other rows */
export async function runOnModel(
  { points, commands }: S3ModelPreset,
  context: RunContext,
): Promise<ModelReport> {
  const machine = await describeMachine(context.folder);
  const builds = buildsOf(commands);
  const done: ModelPoint[] = [];
  let graph: { key: string; folder: string; made: ModelGraph } | undefined;
  for (const point of points) {
    const { parts, partBytes } = point;
    const key = `${parts} ${partBytes}`;
    if (graph?.key !== key) {
      if (graph) await remove(graph.folder);
      const folder = join(context.folder, key.replace(' ', '-'));
      context.log(`${parts} parts of ${formatBytes(partBytes)}: making the templates`);
      graph = { key, folder, made: await boundaryGraph(parts, partBytes, folder) };
    }
    const costs = { ...S3_COSTS, ...point.costs };
    const model = await Model.start(graph.made.recipe, costs, join(graph.folder, 'model'));
    try {
      done.push(await new ModelBench(model, graph.made, costs, point, builds, context).measure());
    } finally {
      await model.stop();
    }
  }
  if (graph) await remove(graph.folder);
  const { preset, ran } = context;
  return { kind: 's3-model', preset, machine, ran, points: done, targets: modelTargetsOf(done) };
}

interface BuildRuns {
  build: Build;
  costs: Cost[];
  stats: Stats;
  added: Added[];
}

/** One graph in the model, aligned again and again. */
class ModelBench {
  constructor(
    private readonly model: Model,
    private readonly graph: ModelGraph,
    private readonly costs: Costs,
    private readonly point: PointRequest,
    private readonly builds: readonly Build[],
    private readonly context: RunContext,
  ) {}

  async measure(): Promise<ModelPoint> {
    const { curve, x, parts, partBytes, concurrency, repeats, bareInFlight } = this.point;
    const runs: BuildRuns[] = [];
    for (let i = 0; i < repeats; i++) {
      for (const [j, build] of this.builds.entries()) {
        const { cost, stats, added } = await this.align(build, i === 0);
        runs[j] ??= { build, costs: [], stats, added };
        runs[j].costs.push(cost);
        runs[j].stats = stats;
      }
    }
    const bare: BareReport[] = [];
    for (const inFlight of bareInFlight) bare.push(await this.copyBarely(inFlight, runs[0]!.added, repeats));
    const movedBytes = runs[0]!.added
      .filter(({ key }) => key.endsWith('.parquet'))
      .reduce((sum, { size }) => sum + size, 0);
    const facts = { parts, movedBytes, limits: this.costs };
    return {
      curve,
      x,
      parts,
      part_bytes: partBytes,
      moved_bytes: movedBytes,
      costs: this.costs,
      ...(concurrency !== undefined && { concurrency }),
      runs: runs.map(({ build, costs, stats }) =>
        buildReport({ build: build.name, costs, stats }, facts, bare),
      ),
      ...(bare.length > 0 && { bare }),
    };
  }

  private async align(build: Build, isFirst: boolean): Promise<{ cost: Cost; stats: Stats; added: Added[] }> {
    const { concurrency } = this.point;
    const argv = [
      ...build.argv,
      '--input-prefix',
      `s3://${BUCKET}/${PREFIX}`,
      '--endpoint-url',
      this.model.endpoint,
    ];
    argv.push('--json', ...(concurrency === undefined ? [] : ['--concurrency', String(concurrency)]));
    await this.model.reset();
    const cost = await this.run(argv);
    const stats = await this.model.stats();
    const { parts } = JSON.parse(cost.stdout) as Summary;
    if (parts.spliced === 0) {
      throw new BenchError(`a run in the model moved nothing: ${JSON.stringify(parts)}`, 'give more parts');
    }
    this.told(build.name, cost);
    const added = await this.model.added();
    if (isFirst && this.context.settings.check) {
      await checkRows(this.model, this.graph, added, join(this.context.folder, 'check'));
    }
    await this.model.restore();
    return { cost, stats, added };
  }

  /** The same copies of the same ranges, nothing else. */
  private async copyBarely(inFlight: number, added: readonly Added[], repeats: number): Promise<BareReport> {
    const uploads = added
      .filter(({ copies }) => copies.length > 0)
      .map(({ key, copies }) => ({ key: `bare/${key}`, copies }));
    const job = join(this.context.folder, 'copies.json');
    await writeFile(
      job,
      JSON.stringify({ endpoint: this.model.endpoint, bucket: BUCKET, inFlight, uploads }),
    );
    const seconds: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const cost = await this.run([process.execPath, join(benchFolder, 's3-model', 'bare-copies.mjs'), job]);
      seconds.push((JSON.parse(cost.stdout) as { seconds: number }).seconds);
      await this.model.restore();
    }
    this.context.log(`  bare copies, ${inFlight} in flight: ${formatSeconds(Math.min(...seconds))}`);
    return bareReport(inFlight, seconds);
  }

  /** With an empty folder: nothing is read from a disk or written to one. */
  private async run(argv: readonly string[]): Promise<Measured> {
    const folder = join(this.context.folder, 'empty');
    await mkdir(folder, { recursive: true });
    return measure(argv, { folder, cache: 'warm', env: CREDENTIALS });
  }

  private told(who: string, { seconds, cpuSeconds, peakRssBytes }: Cost): void {
    const { curve, x } = this.point;
    const cost = `${formatSeconds(seconds)}, ${formatSeconds(cpuSeconds)} of processor, ${toMb(peakRssBytes)} MB`;
    this.context.log(`${curve} ${x.toLocaleString('en')}: ${who} ${cost}`);
  }
}
