/** One graph in the model, aligned by one build of the command or by several in turns, and the bare copies beside. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Summary } from '../../src/repartition/index.js';
import { BenchError } from '../bench-error.js';
import type { Cost } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import type { ModelCurve } from '../presets.js';
import type { RunContext } from '../run.js';
import { formatSeconds, toMb } from '../units.js';
import type { Build } from './build.js';
import { checkRows } from './check.js';
import type { Costs } from './costs.js';
import type { Stats } from './counters.js';
import { BUCKET, type ModelGraph } from './graph.js';
import { type Added, graphOptions, type Model, runInModel } from './model.js';
import { bareReport, type BareReport, buildReport, type ModelPoint } from './report.js';

/** A point of a curve. */
export interface PointRequest {
  curve: ModelCurve;
  x: number;
  parts: number;
  partBytes: number;
  costs: Partial<Costs>;
  concurrency?: number | undefined;
  /** Requests in flight of the bare copies; none where they are not measured. */
  bareInFlight: readonly number[];
  repeats: number;
}

interface BuildRuns {
  build: Build;
  costs: Cost[];
  stats: Stats;
  added: Added[];
}

/** Aligns again and again. */
export class PointBench {
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
    // Parts below 5 MiB are put whole.
    const hasCopies = runs[0]!.added.some(({ copies }) => copies.length > 0);
    for (const inFlight of hasCopies ? bareInFlight : [])
      bare.push(await this.copyBarely(inFlight, runs[0]!.added, repeats));
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
    const argv = [...build.argv, ...graphOptions(this.model), '--json'];
    if (concurrency !== undefined) argv.push('--concurrency', String(concurrency));
    await this.model.reset();
    const cost = await runInModel(argv, this.context.folder);
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
    const program = [process.execPath, join(benchFolder, 's3-model', 'bare-copies.mjs'), job];
    const seconds: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const cost = await runInModel(program, this.context.folder);
      seconds.push((JSON.parse(cost.stdout) as { seconds: number }).seconds);
      await this.model.restore();
    }
    this.context.log(`  bare copies, ${inFlight} in flight: ${formatSeconds(Math.min(...seconds))}`);
    return bareReport(inFlight, seconds);
  }

  private told(who: string, { seconds, cpuSeconds, peakRssBytes }: Cost): void {
    const { curve, x } = this.point;
    const cost = `${formatSeconds(seconds)}, ${formatSeconds(cpuSeconds)} of processor, ${toMb(peakRssBytes)} MB`;
    this.context.log(`${curve} ${x.toLocaleString('en')}: ${who} ${cost}`);
  }
}
