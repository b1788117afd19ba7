// The process that mutants are given to: one JSON request a line, one reply a line. It runs what users run, dist/, and may
// write nowhere but in its folder (Node's permissions see to that). Its memory is what it ever held, so the parent begins
// another where that was too much.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { commit, execute, inThisThread, openStorage, prepare, RepartitionError } from '../../dist/index.js';
import { DEFAULT_MEMORY, Memory } from '../../dist/memory.js';
import { readFooter } from '../../dist/parquet/footer.js';
import { reencode } from '../../dist/parquet/reencode.js';
import { splice } from '../../dist/parquet/splice.js';

const options = { version: '1.2.3', smallestCopy: 1 };

function open(bytes) {
  const read = (start, end) => Promise.resolve(bytes.subarray(start, end));
  const memory = Memory.within(DEFAULT_MEMORY);
  const reader = { name: 'mutant', size: bytes.length, readOverhead: 0, smallestCopy: 1, memory, read };
  return async () => ({ reader, footer: await readFooter(reader) });
}

/** @param cuts fractions of the rows, ascending */
async function slicesOf(bytes, cuts) {
  const { rows } = (await open(bytes)()).footer;
  const inside = cuts.map((cut) => Math.floor(cut * rows)).filter((row) => row > 0 && row < rows);
  const bounds = [0, ...new Set(inside), rows];
  return bounds.slice(1).map((to, i) => ({ source: 0, from: bounds[i], to }));
}

const MAKE = {
  async spliced(bytes, slices) {
    const { segments } = await splice(open(bytes), slices, {}, options);
    return segments.map((s) => (s.kind === 'bytes' ? s.bytes : bytes.subarray(s.start, s.end)));
  },
  async 're-encoded'(bytes, slices) {
    const chunks = [];
    for await (const chunk of reencode(open(bytes), slices, {}, options)) chunks.push(chunk);
    return chunks;
  },
};

async function attempt(act) {
  try {
    return { path: await act() };
  } catch (error) {
    if (error instanceof RepartitionError) return { refused: error.message };
    return { internal: error instanceof Error ? `${error.code ?? ''} ${error.stack}` : String(error) };
  }
}

/** A mutant cut, by each method. */
async function rewrite({ path, cuts, output }) {
  const bytes = readFileSync(path);
  const results = {};
  for (const [method, make] of Object.entries(MAKE)) {
    results[method] = await attempt(async () => {
      const made = join(output, `${method}.parquet`);
      writeFileSync(made, Buffer.concat(await make(bytes, await slicesOf(bytes, cuts))));
      return made;
    });
  }
  return results;
}

/** A graph of one type whose only data set is the mutant, twice, run from its metadata to the commit. */
async function align({ path, metadata, prefix, parts }) {
  mkdirSync(join(prefix, 'x'), { recursive: true });
  for (const part of [0, 1]) writeFileSync(join(prefix, 'x', `${part}.parquet`), readFileSync(path));
  writeFileSync(join(prefix, 'metadata.json'), metadata);
  const run = async () => {
    const plan = await prepare({ inputPrefix: prefix, numOutputFiles: parts, recount: true });
    const storage = await openStorage(plan.location);
    try {
      await commit(plan, await execute(plan, { executor: inThisThread(storage) }));
    } finally {
      await storage.close();
    }
    return prefix;
  };
  return { aligned: await attempt(run) };
}

const OPERATIONS = { rewrite, align };
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const results = await OPERATIONS[request.op](request);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ results, megabytes })}\n`);
}
