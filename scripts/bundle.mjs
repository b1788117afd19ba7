// Makes dist/bin/, all that is installed, from what the compiler has written to dist/: the command, what programs import,
// their threads, and the packages that need no place of their own. Three reasons: a sixth of the time a small graph takes
// went into finding and opening 165 small files; of the AWS SDK's clients nine tenths are declarations and code that nobody
// here calls; and parquet-wasm comes in three builds. Not minified, since people read stack traces.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { makePage } from './page.mjs';

const SHEBANG = '#!/usr/bin/env node\n';
/** With fewer open files a run gets nowhere: Node.js takes twenty, a thread ten. */
const FEWEST_FILES = 48;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist', 'bin');
const { dependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What programs import, by name: `index`, `parquet`, … */
const libraries = Object.values(exports).flatMap(({ import: module }) =>
  module === undefined ? [] : /([^/]+)\.js$/.exec(module.default)[1],
);

/**
 * What yargs measures the words of its help with. They are all ours, a column a letter, as a test sees to; the package gets
 * ready for emojis, and that took a quarter of the time of `--help`.
 */
const stringWidth = {
  name: 'string-width',
  resolveId: (id) => (id === 'string-width' ? '\0string-width' : null),
  load: (id) => (id === '\0string-width' ? 'export default (text) => text.length;' : null),
};

/** The build of parquet-wasm for Node.js finds its bytes beside itself, so it goes along as it is. */
const parquetWasm = {
  name: 'parquet-wasm',
  home: join(root, 'node_modules', 'parquet-wasm'),
  resolveId: (id) => (id === 'parquet-wasm' ? { id: './parquet-wasm.cjs', external: true } : null),
};

// What an earlier build has made and this one does not make would be packed too.
rmSync(folder, { recursive: true, force: true });
const packages = new Set([parquetWasm.home]);
await bundleCode();
await bundleTypes();
for (const file of await makePage(root, folder)) {
  const home = homeOf(file);
  if (home) packages.add(home);
}
wrapMain();
copyFileSync(join(parquetWasm.home, 'node', 'parquet_wasm.js'), join(folder, 'parquet-wasm.cjs'));
copyFileSync(join(parquetWasm.home, 'node', 'parquet_wasm_bg.wasm'), join(folder, 'parquet_wasm_bg.wasm'));
// As it is: CommonJS, with one import. Its map stays where it was made.
writeFileSync(
  join(folder, 'worker-entry.cjs'),
  readFileSync(join(root, 'dist/repartition/execute/worker-entry.cjs'), 'utf8').replace(
    /^\/\/# sourceMappingURL=.*\n?/m,
    '',
  ),
);
writeCommonJs();
writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), notices());

async function bundleCode() {
  const bundle = await rolldown({
    input: {
      main: join(root, 'dist/cli/main.js'),
      worker: join(root, 'dist/repartition/execute/worker.js'),
      'deep-worker': join(root, 'dist/repartition/verify/deep/deep-worker.js'),
      ...Object.fromEntries(libraries.map((name) => [name, join(root, `dist/${name}.js`)])),
    },
    platform: 'node',
    // Those that find files of their own by where they lie, or are native.
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
    plugins: [parquetWasm, stringWidth],
    // What jsonc-parser calls its main file hides its imports from a bundler; the SDK's is all in one piece.
    resolve: { mainFields: ['module', 'main'] },
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message);
    },
  });
  const { output } = await bundle.write({
    dir: folder,
    // All in one folder: the pool starts `./worker-entry.cjs`, and package.json is `../../package.json`, as in dist/*/.
    entryFileNames: '[name].js',
    // What all clients share is one file, not thirty.
    codeSplitting: { groups: [{ name: 'aws-sdk', test: /\/node_modules\/@(?:smithy|aws-sdk)\/core\// }] },
    // Most files of packages are called index.js; what is said of them in stack traces should be whose they are.
    chunkFileNames: ({ name: given, moduleIds }) => {
      if (given === 'aws-sdk') return 'aws-sdk.js';
      const [, name] =
        /\/node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(homeOf(moduleIds.at(-1) ?? '') ?? '') ?? [];
      return name === undefined ? '[name].js' : `${name.replace('@', '').replace('/', '-')}.js`;
    },
  });
  for (const file of output.flatMap(({ moduleIds = [] }) => moduleIds)) {
    const home = homeOf(file);
    if (home) packages.add(home);
  }
}

/** The folder of the package that a file is of, of nested ones the innermost; nothing for our own. */
function homeOf(file) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replaceAll('\\', '/'))?.[0];
}

/** Declarations with what they take from the SDK's, which are not installed. */
async function bundleTypes() {
  const bundle = await rolldown({
    input: Object.fromEntries(libraries.map((name) => [name, join(root, `dist/${name}.d.ts`)])),
    platform: 'node',
    plugins: [dts({ dtsInput: true, tsconfig: false })],
  });
  await bundle.write({ dir: folder, entryFileNames: '[name].ts', chunkFileNames: '[name].ts' });
}

// Node.js itself crashes where it may open too few files, so that is asked before it starts. And glibc keeps what buffers of
// a megabyte leave behind, unless it is told not to before anything runs: on S3 65 of 355 MB, where many parts are under way
// and the processor waits. On a disk that would cost as much time again (bench/results/attempts.md). The main thread, which
// leaves the work to others there, gets a nursery of 4 MB instead of 16, for what it has once filled it keeps. A shell runs
// these lines, and for Node.js each is a text and a comment.
function wrapMain() {
  const main = join(folder, 'main.js');
  const text = readFileSync(main, 'utf8');
  if (!text.startsWith(SHEBANG)) throw new Error(`${main} does not begin with ${SHEBANG}`);
  writeFileSync(
    main,
    `#!/usr/bin/env sh
':' //; files=$(ulimit -n); case $files in *[!0-9]*) ;; *) if [ "$files" -lt ${FEWEST_FILES} ]; then
':' //; echo "gs-repartition: this process may open only $files files, and needs ${FEWEST_FILES}. Raise the limit (ulimit -n), then run the same command again." >&2; exit 1; fi;; esac
':' //; case "$*" in *[sS]3*://*) export MALLOC_ARENA_MAX="\${MALLOC_ARENA_MAX:-2}" MALLOC_MMAP_THRESHOLD_="\${MALLOC_MMAP_THRESHOLD_:-131072}"; exec node --max-semi-space-size=4 "$0" "$@";; esac
':' //; exec node "$0" "$@"
${text.slice(SHEBANG.length)}`,
  );
}

/** For `require()`: the same modules, so that there is one of each, and declarations that say CommonJS. */
function writeCommonJs() {
  const cjs = join(root, 'dist', 'cjs');
  mkdirSync(cjs, { recursive: true });
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.d.ts'))) {
    cpSync(join(folder, name), join(cjs, name));
  }
  for (const name of libraries) {
    writeFileSync(join(cjs, `${name}.js`), `module.exports = require('../bin/${name}.js');\n`);
  }
}

/** The licence of each package in the bundle, and its notice where it has one; equal texts once. */
function notices() {
  const bundled = [...packages].map((home) => {
    const { name, version, license, repository } = JSON.parse(
      readFileSync(join(home, 'package.json'), 'utf8'),
    );
    const files = readdirSync(home).filter((entry) => /^(?:licen[cs]e|notice)/i.test(entry));
    const text = files.map((file) => readFileSync(join(home, file), 'utf8').trim()).join('\n\n');
    return { name, text, title: `${name} ${version} (${license})`, license, url: repository?.url };
  });
  const byText = new Map();
  for (const { name, title, license, url, ...own } of bundled) {
    // Some come without the licence that stands in the repository they share with others.
    const text =
      own.text || bundled.find((one) => one.text && one.url === url && one.license === license)?.text;
    if (!text) throw new Error(`${name} has no licence that could be passed on`);
    byText.set(text, (byText.get(text) ?? new Set()).add(title));
  }
  const chapters = [...byText]
    .map(([text, titles]) => `${[...titles].sort().join('\n')}\n\n${text}\n`)
    .sort();
  const line = '-'.repeat(80);
  return `The files beside this one contain these packages, each under its own licence.\n\n${chapters.join(`\n${line}\n\n`)}`;
}
