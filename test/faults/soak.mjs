/** `soak.mjs <graph> <times> <seed>`: aligns copies of a graph again and again, and tells what the process holds. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repartition } from 'gs-repartition';
import './storage.mjs';

const [graph, times, seed] = process.argv.slice(2);
let state = Number(seed) | 0;
function next() {
  state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
  return (state >>> 0) / 2 ** 32;
}

const work = await mkdtemp(join(dirname(graph), 'soak-'));
const prefix = join(work, 'graph');
await cp(graph, prefix, { recursive: true });
const outcomes = {};
const samples = [];
const every = Math.max(20, Math.floor(Number(times) / 10));
for (let i = 1; i <= Number(times); i++) {
  const kind = next();
  // One in ten in threads of their own, which take a while to start.
  const inputPrefix = kind < 0.1 ? prefix : `counted:${kind > 0.9 ? join(work, 'nowhere') : prefix}`;
  const signal = kind > 0.7 && kind <= 0.9 ? AbortSignal.timeout(Math.floor(next() * 40)) : undefined;
  const outcome = await repartition({ inputPrefix, remake: next() < 0.5, ...(signal && { signal }) }).then(
    () => 'succeeded',
    (error) => error.code,
  );
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  if (i % every !== 0) continue;
  // What has been let go of a moment ago goes now.
  await new Promise((resolve) => setTimeout(resolve, 300));
  globalThis.gc();
  const [descriptors, threads] = await Promise.all([readdir('/proc/self/fd'), readdir('/proc/self/task')]);
  samples.push({
    alignments: i,
    heap: process.memoryUsage().heapUsed,
    descriptors: descriptors.length,
    threads: threads.length,
  });
}
await rm(work, { recursive: true });
console.log(JSON.stringify({ outcomes, samples }));
