/** `verify --deep` against pyarrow reading the same columns with the same threads: time, and memory. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BenchError } from '../bench-error.js';
import { table } from '../format-report.js';
import { type Cache, measure } from '../measure/measure.js';
import { benchFolder, gsRepartition } from '../paths.js';
import { benchPython } from '../python.js';
import { formatBytes, formatSeconds } from '../units.js';

export interface DeepRequest {
  bytes: number;
  rowGroupBytes: number;
  threads: number;
  repeats: number;
  cache: Cache;
}

export interface DeepReport extends DeepRequest {
  /** The fastest of each. */
  verify: { seconds: number; cpuSeconds: number; peakRssBytes: number };
  pyarrow: { seconds: number; cpuSeconds: number; peakRssBytes: number };
}

export async function measureDeep(
  request: DeepRequest,
  folder: string,
  log: (line: string) => void,
): Promise<DeepReport> {
  const { bytes, rowGroupBytes, threads, repeats, cache } = request;
  const python = benchPython();
  log(`writing ${formatBytes(bytes)} in row groups of ${formatBytes(rowGroupBytes)}`);
  const script = join(benchFolder, 'verify', 'vectors.py');
  if (
    spawnSync(python, [script, folder, String(bytes), String(rowGroupBytes)], { stdio: ['ignore', 2, 2] })
      .status !== 0
  ) {
    throw new BenchError('the graph could not be written', 'see the message above');
  }
  const options = { folder, cache };
  const ours = [
    ...gsRepartition,
    'verify',
    '--input-prefix',
    folder,
    '--deep',
    '--threads',
    String(threads),
    '--no-progress',
  ];
  const theirs = [python, join(benchFolder, 'verify', 'read_all.py'), folder, String(threads)];
  const costs = { verify: [] as DeepReport['verify'][], pyarrow: [] as DeepReport['pyarrow'][] };
  for (let i = 0; i < repeats; i++) {
    costs.verify.push(await measure(ours, options));
    costs.pyarrow.push(await measure(theirs, options));
    log(`${i + 1} of ${repeats}`);
  }
  const fastest = (all: DeepReport['verify'][]): DeepReport['verify'] => {
    const { seconds, cpuSeconds, peakRssBytes } = all.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    return { seconds, cpuSeconds, peakRssBytes };
  };
  return { ...request, verify: fastest(costs.verify), pyarrow: fastest(costs.pyarrow) };
}

export function formatDeep({ verify, pyarrow, bytes, rowGroupBytes, threads }: DeepReport): string {
  const line = (name: string, cost: DeepReport['verify']): string[] => [
    name,
    formatSeconds(cost.seconds),
    formatSeconds(cost.cpuSeconds),
    formatBytes(cost.peakRssBytes),
  ];
  const head = `${formatBytes(bytes)}, row groups of ${formatBytes(rowGroupBytes)}, ${threads} threads`;
  const ratio = (verify.seconds / pyarrow.seconds).toFixed(2);
  return [
    head,
    '',
    table(['', 'time', 'CPU', 'peak RSS'], [line('verify --deep', verify), line('pyarrow', pyarrow)]),
    '',
    `verify takes ${ratio} times as long as pyarrow.`,
  ].join('\n');
}
