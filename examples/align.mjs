// Aligns a graph from a program: node align.mjs /data/graph (or s3://bucket/graph). It says how far it is, stops cleanly on
// Ctrl-C or after an hour, and publishes nothing unless the plan is small enough.
import { commit, describePlan, execute, prepare, RepartitionError, verifyPrefix } from 'gs-repartition';

const [inputPrefix] = process.argv.slice(2);
const MOST_BYTES = 500e9;

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('Ctrl-C')));
const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(3_600_000)]);

let last = '';
function onProgress({ phase, done, total }) {
  const line = `${phase} ${Math.floor((100 * done) / Math.max(total, 1))} %`;
  if (line !== last) console.error(line);
  last = line;
}

try {
  const plan = await prepare({ inputPrefix, signal, onProgress });
  const { bytes } = describePlan(plan).totals;
  const moved = bytes.copied + bytes.reencoded;
  if (moved > MOST_BYTES) throw new Error(`${moved} bytes would move: ask somebody first`);
  const results = await execute(plan, { signal, onProgress });
  const { updatedMetadata } = await commit(plan, results, { signal, onProgress });
  const { ready, violations } = await verifyPrefix({ inputPrefix, signal });
  console.log(ready ? `ready: ${updatedMetadata}` : violations.map(({ message }) => message).join('\n'));
  process.exitCode = ready ? 0 : 1;
} catch (error) {
  if (!(error instanceof RepartitionError)) throw error;
  // The same program again goes on where this one stopped.
  console.error([error.message, error.hint].filter(Boolean).join('. '));
  process.exitCode = error.code === 'interrupted' ? 130 : 1;
}
