// Which room may import which: ARCHITECTURE.md, "Rooms". Whatever is not allowed here is an error, types included.

/** A room's files. */
const room = (...names) => `^src/(?:${names.join('|')})/`;
/** Known to all rooms, and knowing none. */
const COMMON = '^src/(?:errors|memory|quoted|segments|sent-again)\\.ts$';
const ENTRY_POINTS = '^src/(?:index|parquet|upstream)\\.ts$';
/** Modules of the S3 room that know no SDK. */
const S3_WORDS = '^src/s3/(?:options|price)\\.ts$';
/** The table of built-in storages. */
const STORAGES = '^src/storages\\.ts$';
const OUTSIDE = '^(?!src/)';

const may = (from, ...to) => to.map((path) => ({ from: { path: from }, to: { path } }));

export default {
  allowedSeverity: 'error',
  allowed: [
    // Inside a room, and to packages and Node.js itself. What of these a room may not know is forbidden below.
    { from: { path: '^src/([^/]+)/' }, to: { path: '^src/$1/' } },
    ...may('^src/', COMMON, OUTSIDE),

    ...may(room('cli'), room('repartition', 'aws'), STORAGES),
    ...may(room('repartition'), room('metadata', 'parquet', 'storage'), STORAGES),
    ...may(room('aws'), room('s3', 'aws-config'), STORAGES),
    ...may(room('s3'), room('storage', 'aws-config')),
    ...may(room('page'), '^src/repartition/report/model\\.ts$'),
    ...may(STORAGES, room('storage', 's3')),
    // What a user can say about S3, and what requests cost: the SDK is not behind these.
    ...may('^src/(?:index|repartition/api|cli/.*)\\.ts$', S3_WORDS),

    ...may('^src/index\\.ts$', room('repartition', 'storage'), STORAGES),
    ...may('^src/parquet\\.ts$', room('parquet')),
    ...may('^src/upstream\\.ts$', room('aws')),
  ],
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two modules that know each other are one module, also if they only share types.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'Tests, benchmarks and scripts know src; src knows none of them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:test|bench|scripts|spark|dist)/' },
    },
    {
      name: 'common-knows-nobody',
      severity: 'error',
      from: { path: COMMON },
      to: { path: `^src/`, pathNot: COMMON },
    },
    {
      name: 'nobody-imports-an-entry-point',
      comment: 'Entry points are for programs; inside, go to the room.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ENTRY_POINTS },
    },
    {
      name: 'steps-know-no-later-step',
      comment:
        'prepare → execute → commit: between them lie plain data, which src/repartition/model.ts describes.',
      severity: 'error',
      from: { path: '^src/repartition/(?:prepare|execute)/' },
      to: { path: '^src/repartition/commit/' },
    },
    {
      name: 'prepare-executes-nothing',
      severity: 'error',
      from: { path: '^src/repartition/prepare/' },
      to: { path: '^src/repartition/execute/' },
    },
    {
      name: 's3-only-when-needed',
      comment: 'A run on a disk loads nothing of the AWS SDK: import() it, or import types alone.',
      severity: 'error',
      from: { path: [STORAGES, room('repartition')] },
      to: { path: room('s3'), dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'help-waits-for-nothing',
      comment:
        'What a command does, and all but the one without a name, is loaded when it is typed: import() it.',
      severity: 'error',
      from: { path: '^src/cli/(?:commands/(?:index|repartition|titles)|parse|run-options)\\.ts$' },
      to: {
        path: '^src/(?:storages\\.ts|(?:repartition|aws|s3|storage)/|cli/commands/(?!(?:index|repartition|titles)\\.))',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'sdk-in-its-rooms',
      severity: 'error',
      from: { path: '^src/', pathNot: room('s3', 'aws', 'aws-config') },
      to: { path: 'node_modules/@(?:aws-sdk|smithy)/' },
    },
    {
      name: 'command-line-packages-in-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: room('cli') },
      to: { path: 'node_modules/(?:@types/)?yargs/' },
    },
    {
      name: 'plots-in-the-page',
      severity: 'error',
      from: { path: '^src/', pathNot: room('page') },
      to: { path: 'node_modules/(?:@types/)?d3-' },
    },
    {
      name: 'the-page-knows-data-alone',
      comment: 'It runs in a browser: of the engine it knows what a report looks like.',
      severity: 'error',
      from: { path: room('page') },
      to: { path: '^src/(?!page/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'bytes-and-metadata-know-no-files',
      comment: 'Who calls gives them bytes, or a way to read some.',
      severity: 'error',
      // But for package.json, which says which version we are.
      from: { path: room('parquet', 'metadata'), pathNot: '^src/parquet/product\\.ts$' },
      to: {
        dependencyTypes: ['core'],
        path: '^(?:node:)?(?:fs|net|https?|worker_threads|child_process)(?:/|$)',
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // So that `import type` counts.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
