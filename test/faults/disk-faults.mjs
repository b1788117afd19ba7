/**
 * Aligns copies of a graph on a disk that fails: `disk-faults.mjs <graph> <fault> <point>…`. At each point, the number of a
 * call, one call fails; at point 0 none does. Prints a line of JSON for each point: how many calls there were, and what came of it.
 */
import fs from 'node:fs';
import { cp, mkdtemp, readdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';

const [graph, kind, ...points] = process.argv.slice(2);
const real = { ...fs, promises: { ...fs.promises } };
/** What fails: the folder where faults are on, the call that fails, and how many there were. */
const fault = { prefix: undefined, at: 0, count: 0 };

const errnoOf = { EIO: -5, ENOSPC: -28, ENOSYS: -38 };
function failure(code, call) {
  return Object.assign(new Error(`${code}: injected, ${call}`), {
    code,
    errno: errnoOf[code],
    syscall: call,
  });
}
/** Whether this call is the one that fails. */
function isDue() {
  return fault.prefix !== undefined && ++fault.count === fault.at;
}
const isOurs = (path) => fault.prefix !== undefined && String(path).startsWith(fault.prefix);
const isWrite = (flags) => typeof flags === 'string' && flags.startsWith('w');

/** Stands still, as a slow disk lets a call do that is not handed to another thread. */
const standStill = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);

const KINDS = {
  'EIO when reading': { code: 'EIO', reads: true },
  'EIO when writing': { code: 'EIO', writes: true },
  'ENOSPC when writing': { code: 'ENOSPC', writes: true },
  'short reads': { shortReads: true },
  'short writes': { shortWrites: true },
  'slow calls': { slow: true },
  'rename refused (ENOSYS)': { noRename: true },
};
const { code, reads, writes, shortReads, shortWrites, slow, noRename } = KINDS[kind];

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
/** Wraps a call of node:fs/promises. */
function promised(name, isHit) {
  fs.promises[name] = async (...words) => {
    if (isOurs(words[0]) && isHit(words)) {
      if (isDue()) {
        if (!slow) throw failure(code, name);
        await pause();
      }
    }
    return real.promises[name](...words);
  };
}
promised('open', () => slow || reads);
promised('stat', () => slow || reads);
promised('readdir', () => slow || reads);

/** Wraps a call that is made at once. */
function atOnce(name, isHit) {
  fs[name] = (...words) => {
    if (isOurs(words[0]) && isHit(words)) {
      if (noRename) throw failure('ENOSYS', name);
      if (isDue()) {
        if (!slow) throw failure(code, name);
        standStill();
      }
    }
    return real[name](...words);
  };
}
atOnce('openSync', ([, flags]) => slow || (isWrite(flags) ? writes : reads));
atOnce('statSync', () => !noRename && (slow || reads));
atOnce('mkdirSync', () => slow || writes);
atOnce('renameSync', () => slow || writes || noRename);
atOnce('linkSync', () => slow || writes || noRename);

for (const name of ['fsync', 'fdatasync']) {
  fs[name] = (descriptor, done) => {
    if (fault.prefix !== undefined && (writes || slow) && isDue()) {
      if (slow) setTimeout(() => real[name](descriptor, done), 20);
      else process.nextTick(done, failure(code, name));
      return;
    }
    real[name](descriptor, done);
  };
}

fs.readSync = (descriptor, into, offset, length, position) => {
  if (fault.prefix !== undefined && reads && isDue()) throw failure(code, 'read');
  const less = fault.prefix !== undefined && shortReads ? Math.ceil(length / 2) : length;
  return real.readSync(descriptor, into, offset, less, position);
};
fs.writeSync = (descriptor, bytes, offset, length, position) => {
  if (fault.prefix !== undefined && writes && isDue()) throw failure(code, 'write');
  const less = fault.prefix !== undefined && shortWrites ? Math.ceil(length / 2) : length;
  return real.writeSync(descriptor, bytes, offset, less, position);
};
for (const name of ['open', 'read']) {
  fs[name] = (...words) => {
    const done = words.at(-1);
    if (fault.prefix !== undefined && (name === 'read' || isOurs(words[0])) && (reads || slow) && isDue()) {
      if (slow) setTimeout(() => real[name](...words), 20);
      else process.nextTick(done, failure(code, name));
      return;
    }
    if (name === 'read' && fault.prefix !== undefined && shortReads) words[3] = Math.ceil(words[3] / 2);
    real[name](...words);
  };
}
// promisify(fs.read) asks for what it may name.
for (const symbol of Object.getOwnPropertySymbols(real.read)) fs.read[symbol] = real.read[symbol];
syncBuiltinESMExports();

const { repartition } = await import('gs-repartition');
await import('./storage.mjs');

const work = await mkdtemp(join(dirname(graph), 'disk-faults-'));
for (const point of points.map(Number)) {
  const prefix = join(work, `at-${point}`);
  await cp(graph, prefix, { recursive: true });
  Object.assign(fault, { prefix, at: point, count: 0 });
  let error;
  try {
    await repartition({ inputPrefix: `counted:${prefix}` });
  } catch (reason) {
    error = reason;
  }
  const calls = fault.count;
  fault.prefix = undefined;
  const files = await readdir(prefix, { recursive: true });
  console.log(
    JSON.stringify({
      point,
      calls,
      prefix,
      published: files.includes('updated_row_counts_metadata.json'),
      left: files.filter((file) => file.endsWith('.tmp')),
      ...(error && {
        error: {
          name: error.name,
          code: error.code,
          message: error.message,
          hint: error.hint,
          stack: error.stack,
        },
      }),
    }),
  );
}
