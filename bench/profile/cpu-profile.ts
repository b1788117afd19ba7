/** What a `.cpuprofile` says: time by function, at its own. Pure. */
import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';

/** As V8 writes it; times in µs. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

export interface FunctionTime {
  name: string;
  /** `src/parquet/page.js:12`, `node:fs:120`, a package, or nothing for native code. */
  place: string;
  seconds: number;
}

/**
 * Every function's own seconds, the largest first. `(idle)` is waiting, `(program)` native code outside of JavaScript
 * calls, as of the file system.
 * @param root what places are relative to
 */
export function functionTimes(profiles: readonly CpuProfile[], root: string): FunctionTime[] {
  const times = new Map<string, FunctionTime>();
  for (const { nodes, samples, timeDeltas } of profiles) {
    const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
    samples.forEach((id, i) => {
      const { functionName, url, lineNumber } = byId.get(id)!;
      const name = functionName || '(anonymous)';
      const place = placeOf(url, lineNumber, root);
      const key = `${name} ${place}`;
      const time = times.get(key) ?? { name, place, seconds: 0 };
      time.seconds += timeDeltas[i]! / 1e6;
      times.set(key, time);
    });
  }
  return [...times.values()].sort((a, b) => b.seconds - a.seconds);
}

function placeOf(url: string, line: number, root: string): string {
  if (url === '') return '';
  if (!url.startsWith('file:')) return `${url}:${line + 1}`;
  const path = relative(root, fileURLToPath(url));
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return inPackage ?? `${path.replace(/^dist\//, 'src/').replace(/\.js$/, '')}:${line + 1}`;
}

export type Kind = 'waiting' | 'garbage collection' | 'native' | 'node' | 'packages' | 'gs-repartition';

/** Seconds by whose code it is. */
export function byKind(times: readonly FunctionTime[]): Record<Kind, number> {
  const sums: Record<Kind, number> = {
    waiting: 0,
    'garbage collection': 0,
    native: 0,
    node: 0,
    packages: 0,
    'gs-repartition': 0,
  };
  for (const time of times) sums[kindOf(time)] += time.seconds;
  return sums;
}

function kindOf({ name, place }: FunctionTime): Kind {
  if (name === '(idle)') return 'waiting';
  if (name === '(garbage collector)') return 'garbage collection';
  if (place === '') return 'native';
  if (place.startsWith('node:')) return 'node';
  return place.startsWith('src/') ? 'gs-repartition' : 'packages';
}
