// Makes dist/bin/, the command in a few files, from what the compiler has written to dist/: a sixth of the time a small
// graph takes went into finding and opening 165 small ones. Not minified, since people read stack traces.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { makePage } from './page.mjs';

const SHEBANG = '#!/usr/bin/env node\n';
/** With fewer open files a run gets nowhere: Node.js takes twenty, a thread ten. */
const FEWEST_FILES = 48;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist', 'bin');

const bundle = await rolldown({
  input: {
    main: join(root, 'dist/cli/main.js'),
    worker: join(root, 'dist/repartition/execute/worker.js'),
    'deep-worker': join(root, 'dist/repartition/verify/deep/deep-worker.js'),
  },
  platform: 'node',
  // Loaded only when needed, or (piscina) by the path of a file of its own.
  external: [
    /^https?-proxy-agent$/,
    /^@aws-sdk\//,
    /^@smithy\//,
    '@bokuweb/zstd-wasm',
    'piscina',
    'apache-arrow',
    'parquet-wasm',
  ],
  // What jsonc-parser calls its main file hides its imports from a bundler.
  resolve: { mainFields: ['module', 'main'] },
  onLog(level, { message }) {
    if (level === 'warn') throw new Error(message);
  },
});
const { output } = await bundle.write({
  dir: folder,
  // All in one folder: the pool starts `./worker-entry.cjs`, and package.json is `../../package.json`, as in dist/*/.
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
});
// Node.js itself crashes where it may open too few files, so that is asked before it starts. And glibc keeps what buffers of
// a megabyte leave behind, unless it is told not to before anything runs: on S3 65 of 355 MB, where many parts are under way
// and the processor waits. On a disk that would cost as much time again (bench/results/attempts.md). A shell runs these
// lines, and for Node.js each is a text and a comment.
const main = join(folder, 'main.js');
const text = readFileSync(main, 'utf8');
if (!text.startsWith(SHEBANG)) throw new Error(`${main} does not begin with ${SHEBANG}`);
writeFileSync(
  main,
  `#!/bin/sh
':' //; files=$(ulimit -n); case $files in *[!0-9]*) ;; *) if [ "$files" -lt ${FEWEST_FILES} ]; then
':' //; echo "gs-repartition: this process may open only $files files, and needs ${FEWEST_FILES}. Raise the limit (ulimit -n), then run the same command again." >&2; exit 1; fi;; esac
':' //; case "$*" in *[sS]3*://*) export MALLOC_ARENA_MAX="\${MALLOC_ARENA_MAX:-2}" MALLOC_MMAP_THRESHOLD_="\${MALLOC_MMAP_THRESHOLD_:-131072}";; esac
':' //; exec node "$0" "$@"
${text.slice(SHEBANG.length)}`,
);
// As it is: CommonJS, with one import.
copyFileSync(join(root, 'dist/repartition/execute/worker-entry.cjs'), join(folder, 'worker-entry.cjs'));
const pageModules = await makePage(root, folder);

/** The folders of the packages that files came from; of nested node_modules the innermost. */
const packages = new Set(
  [...output.flatMap(({ moduleIds }) => moduleIds), ...pageModules].flatMap(
    (file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replaceAll('\\', '/')) ?? [],
  ),
);
const notices = [...packages].map((home) => {
  const { name, version, license } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const file = readdirSync(home).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence that could be passed on`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(home, file), 'utf8').trim()}\n`;
});
writeFileSync(
  join(folder, 'THIRD-PARTY-NOTICES.txt'),
  `The files beside this one contain these packages, each under its own licence.\n\n${[...new Set(notices)].sort().join(`\n${'-'.repeat(80)}\n\n`)}`,
);
