/** Scaling curves: one thing grows, all else stays. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { benchGraph } from '../graph-bench.js';
import { remove } from '../graphs.js';
import { describeMachine } from '../machine.js';
import { measure, type Measured } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import { missing, type Peer } from '../peers.js';
import type { PointRequest, ScalingPreset } from '../presets.js';
import { costReport } from '../report.js';
import type { RunContext } from '../run.js';
import { median, rounded } from '../stats.js';
import { formatSeconds, toMb } from '../units.js';
import { type GraphPoint, type PlanningPoint, type ScalingReport, scalingTargetsOf } from './report.js';
import { writeWideMetadata } from './wide-metadata.js';

/** The peers that are behind run once: a curve's shape is what is asked for. */
const ONCE = new Set<Peer>(['reference-in-memory', 'reference-streaming']);
/** From here on, loading our program does not show. */
const LARGE = 4 * 1024 ** 3;

export async function runScaling(preset: ScalingPreset, context: RunContext): Promise<ScalingReport> {
  const machine = await describeMachine(context.folder);
  const curves = {
    bytes: await curve('bytes', preset.curves.bytes, context),
    parts: await curve('parts', preset.curves.parts, context),
    workers: await curve('workers', preset.curves.workers, context),
  };
  const planning: PlanningPoint[] = [];
  for (const parts of preset.planning) planning.push(await plan(parts, preset.repeats, context));
  return {
    kind: 'scaling',
    preset: context.preset,
    machine,
    ran: context.ran,
    cache: context.settings.cache,
    synced: true,
    curves,
    planning,
    targets: scalingTargetsOf({ curves, planning }),
  };
}

async function curve(
  name: string,
  points: readonly PointRequest[],
  { folder, settings, log }: RunContext,
): Promise<GraphPoint[]> {
  const done: GraphPoint[] = [];
  for (const { x, graph, peers, repeats, concurrency } of points) {
    log(`${name}: ${x.toLocaleString('en')}`);
    const own = { ...settings, concurrency: concurrency ?? settings.concurrency };
    const turns = {
      peers: peers.filter((peer) => missing(peer, own) === undefined),
      repeatsOf: (peer: Peer) => (ONCE.has(peer) ? 1 : repeats),
      firstCounts: graph.bytes >= LARGE || (graph.parts ?? 0) >= 10_000,
    };
    done.push({ x, graph: await benchGraph(folder, graph, own, turns, log) });
  }
  return done;
}

async function plan(parts: number, repeats: number, { folder, log }: RunContext): Promise<PlanningPoint> {
  const place = join(folder, 'planning');
  await mkdir(place);
  try {
    const file = join(place, 'metadata.json');
    await writeWideMetadata(file, parts);
    const program = [process.execPath, join(benchFolder, 'scaling', 'plan-alone.mjs'), file];
    const runs: Measured[] = [];
    for (let i = 0; i < repeats; i++) {
      const run = await measure(program, { folder: place, cache: 'warm' });
      log(
        `planning ${parts.toLocaleString('en')} parts: ${formatSeconds(run.seconds)}, ${toMb(run.peakRssBytes)} MB`,
      );
      runs.push(run);
    }
    return planningPoint(parts, runs);
  } finally {
    await remove(place);
  }
}

function planningPoint(x: number, runs: readonly Measured[]): PlanningPoint {
  const { seconds, cpu_seconds, peak_rss_mb } = costReport(runs);
  const printed = runs.map(({ stdout }) => JSON.parse(stdout) as Pick<PlanningPoint, 'steps' | 'peaks'>);
  const names = Object.keys(printed[0]!.steps);
  const of = (value: (name: string) => number): Record<string, number> =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  return {
    x,
    seconds,
    cpu_seconds,
    peak_rss_mb,
    steps: of((name) => rounded(median(printed.map(({ steps }) => steps[name]!)))),
    peaks: of((name) => Math.max(...printed.map(({ peaks }) => peaks[name]!))),
  };
}
