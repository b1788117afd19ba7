/** CPU profiles of one alignment: of the main thread, and of the worker threads together. */
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetLayout } from '../../src/repartition/model.js';
import { table } from '../format-report.js';
import { cloneGraph, generate, type GraphRequest } from '../graphs.js';
import { measure } from '../measure/measure.js';
import { repositoryRoot } from '../paths.js';
import { ours } from '../peers.js';
import { formatBytes, formatSeconds, toMb } from '../units.js';
import { byKind, type CpuProfile, type FunctionTime, functionTimes } from './cpu-profile.js';

export interface ProfileRequest {
  graph: GraphRequest;
  layout: TargetLayout;
  concurrency: number | undefined;
  /** A folder where the `.cpuprofile` files are left, for a browser's developer tools. */
  keep: string | undefined;
}

export interface ProfileReport {
  graph: string;
  bytes: number;
  layout: TargetLayout;
  /** With profiling on, which costs some. */
  seconds: number;
  cpuSeconds: number;
  peakRssMb: number;
  threads: { name: string; times: FunctionTime[] }[];
}

export async function profile(request: ProfileRequest, folder: string): Promise<ProfileReport> {
  const { graph, layout, concurrency, keep } = request;
  const [original, clone, profiles] = ['graph', 'clone', 'profiles'].map((name) => join(folder, name));
  await generate(graph, original!);
  await cloneGraph(original!, clone!);
  await mkdir(profiles!);
  // A small graph is made without threads unless somebody asks for them.
  const [, ...rest] = ours(clone!, layout, concurrency ?? 2);
  const command = [process.execPath, '--cpu-prof', `--cpu-prof-dir=${profiles!}`, ...rest];
  const { seconds, cpuSeconds, peakRssBytes } = await measure(command, { folder: clone!, cache: 'warm' });

  const files = await readdir(profiles!);
  if (keep !== undefined) {
    await mkdir(keep, { recursive: true });
    for (const file of files) await copyFile(join(profiles!, file), join(keep, file));
  }
  const read = async (names: readonly string[]): Promise<CpuProfile[]> =>
    Promise.all(
      names.map(async (name) => JSON.parse(await readFile(join(profiles!, name), 'utf8')) as CpuProfile),
    );
  // CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile; the main thread is 0.
  const main = files.filter((name) => name.split('.')[4] === '0');
  const workers = files.filter((name) => !main.includes(name));
  return {
    graph: graph.graph,
    bytes: graph.bytes,
    layout,
    seconds,
    cpuSeconds,
    peakRssMb: toMb(peakRssBytes),
    threads: [
      { name: 'main thread', times: functionTimes(await read(main), repositoryRoot) },
      { name: `${workers.length} worker threads`, times: functionTimes(await read(workers), repositoryRoot) },
    ],
  };
}

const SHOWN = 15;

/** As Markdown. */
export function formatProfile(report: ProfileReport): string {
  const { graph, bytes, layout, seconds, cpuSeconds, peakRssMb, threads } = report;
  return [
    `${graph}, ${formatBytes(bytes)}, ${layout}: ${formatSeconds(seconds)} (CPU ${formatSeconds(cpuSeconds)}, ${peakRssMb} MB), profiling included.`,
    ...threads.flatMap(({ name, times }) => [`### ${name}`, kindTable(times), functionTable(times)]),
  ].join('\n\n');
}

function kindTable(times: readonly FunctionTime[]): string {
  const kinds = Object.entries(byKind(times)).sort(([, a], [, b]) => b - a);
  return table(
    ['time of', 'seconds'],
    kinds.map(([kind, seconds]) => [kind, seconds.toFixed(2)]),
  );
}

function functionTable(times: readonly FunctionTime[]): string {
  const busy = times.filter(({ name }) => name !== '(idle)');
  const total = busy.reduce((sum, time) => sum + time.seconds, 0);
  return table(
    ['function', 'where', 'own seconds', 'share of busy time'],
    busy
      .slice(0, SHOWN)
      .map(({ name, place, seconds }) => [
        `\`${name}\``,
        place,
        seconds.toFixed(2),
        `${((100 * seconds) / total).toFixed(0)} %`,
      ]),
  );
}
