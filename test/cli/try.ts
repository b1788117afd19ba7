/** The command line in this process, with everything around it made here. */
import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { run } from '../../src/cli/run.js';
import type { Engine, Output, World } from '../../src/cli/world.js';
import type {
  CleanReport,
  Inspection,
  OutputListing,
  PlanDocument,
  StatusReport,
  Summary,
  VerifyReport,
} from '../../src/repartition/index.js';

export const summary: Summary = {
  status: 'succeeded',
  inputPrefix: '/data/graph',
  metadata: '/data/graph/metadata.json',
  updatedMetadata: '/data/graph/updated_row_counts_metadata.json',
  types: { total: 5, aligned: 3 },
  dataSets: { total: 12, rewritten: 7 },
  parts: { kept: 40, spliced: 1200, reencoded: 6, resumed: 2 },
  bytes: { kept: 5_000_000_000, copied: 128_000_000, written: 1_234_567 },
  rows: 123_456_789,
  seconds: 12.345,
};

export const ready: VerifyReport = {
  document: 'gs-repartition/verify',
  version: 1,
  inputPrefix: '/data/graph',
  metadata: '/data/graph/updated_row_counts_metadata.json',
  level: 'footers',
  ready: true,
  checked: { types: 2, dataSets: 5, parts: 20, rows: 1000 },
  violations: [],
  warnings: [],
};

/** A small plan: the embedding keeps its layout, the others follow. */
export const planned: PlanDocument = {
  document: 'gs-repartition/plan',
  version: 1,
  inputPrefix: 's3://bucket/graph',
  metadata: 's3://bucket/graph/metadata.json',
  updatedMetadata: 's3://bucket/graph/updated_row_counts_metadata.json',
  groups: [
    {
      kind: 'node',
      types: ['user'],
      rows: 1200,
      layout: [600, 600],
      candidates: [
        { parts: 3, dataSets: ['node_data of user, age'], bytesToMake: 5_000_000, chosen: false },
        { parts: 2, dataSets: ['node_data of user, embedding'], bytesToMake: 12_000, chosen: true },
      ],
      dataSets: [
        {
          name: 'node_data of user, age',
          before: { parts: 3, bytes: 12_000 },
          parts: 2,
          kept: { parts: 0, bytes: 0 },
          spliced: { parts: 2, bytes: 12_000 },
          reencoded: { parts: 0, bytes: 0 },
        },
        {
          name: 'node_data of user, embedding',
          before: { parts: 2, bytes: 5_000_000 },
          parts: 2,
          kept: { parts: 2, bytes: 5_000_000 },
          spliced: { parts: 0, bytes: 0 },
          reencoded: { parts: 0, bytes: 0 },
        },
      ],
    },
  ],
  totals: {
    dataSets: 2,
    parts: { before: 5, after: 4, kept: 2, spliced: 2, reencoded: 0 },
    bytes: { before: 5_012_000, kept: 5_000_000, spliced: 12_000, reencoded: 0 },
  },
  estimate: { seconds: 3.2, requests: { GetObject: 9000, PutObject: 5, UploadPartCopy: 0 } },
  warnings: [],
  command: 'gs-repartition --input-prefix s3://bucket/graph',
};

export const cleaned: CleanReport = {
  document: 'gs-repartition/clean',
  version: 1,
  inputPrefix: '/data/graph',
  removed: false,
  items: [
    { kind: 'temporary file', path: 'edges/.part-0.tmp', files: 1, bytes: 1000 },
    { kind: 'superseded folder', path: 'edges/parquet-repartitioned-0123abcd', files: 12, bytes: 5_000_000 },
  ],
  files: 13,
  bytes: 5_001_000,
  runs: [],
};

export const succeeded: StatusReport = {
  document: 'gs-repartition/status',
  version: 1,
  inputPrefix: '/data/graph',
  state: 'succeeded',
  advice: 'The updated metadata are published.',
  run: {
    status: 'succeeded',
    inputPrefix: '/data/graph',
    host: 'machine-7',
    pid: 4711,
    startedAt: '2026-11-01T10:00:00.000Z',
    finishedAt: '2026-11-01T10:00:12.345Z',
    heartbeatAt: '2026-11-01T10:00:12.345Z',
    command: 'gs-repartition --input-prefix /data/graph',
  },
  runs: [],
};

const inspected: Inspection = {
  document: 'gs-repartition/inspect',
  version: 1,
  kind: 'data set',
  path: '/data/graph/edges',
  rows: 5,
  bytes: 1000,
  createdBy: ['parquet-mr'],
  codecs: ['SNAPPY'],
  columns: [{ path: 'id', type: 'INT64', nullable: false, repeated: false }],
  parts: [{ path: 'part-0.parquet', rows: 5, bytes: 1000, rowGroups: 1 }],
};

/** A type whose feature lags behind, and one that is aligned. */
export const listing: OutputListing = {
  document: 'gs-repartition/ls',
  version: 1,
  inputPrefix: 's3://bucket/graph',
  metadata: 's3://bucket/graph/metadata.json',
  aligned: false,
  types: [
    {
      kind: 'node',
      type: 'user',
      rows: 1200,
      aligned: false,
      dataSets: [
        {
          name: 'age',
          parts: 2,
          rows: 1200,
          bytes: 9_600,
          partRows: { fewest: 600, most: 600 },
          aligned: true,
        },
        {
          name: 'embedding',
          parts: 3,
          rows: 1200,
          bytes: 5_000_000,
          partRows: { fewest: 200, most: 500 },
          aligned: false,
          notAligned: 'part-count',
        },
        {
          name: 'raw_id_mappings',
          parts: 4,
          rows: 900,
          bytes: 4_000,
          partRows: { fewest: 300, most: 300 },
          unreadable: 1,
        },
      ],
    },
    {
      kind: 'edge',
      type: 'user:knows-rev:user',
      rows: 30,
      aligned: true,
      dataSets: [
        {
          name: 'structure',
          parts: 1,
          rows: 30,
          bytes: 300,
          partRows: { fewest: 30, most: 30 },
          aligned: true,
          sharedWith: 'user:knows:user',
        },
      ],
    },
  ],
  files: [{ name: 'metadata.json', bytes: 804 }],
  totals: { types: 2, dataSets: 3, parts: 9, rows: 3300, bytes: 5_013_600 },
};

/** An engine for the tests that do not care what it does. */
const idleEngine: Engine = {
  repartition: () => Promise.resolve(summary),
  verifyPrefix: () => Promise.resolve(ready),
  plan: () => Promise.resolve(planned),
  clean: () => Promise.resolve(cleaned),
  readStatus: () => Promise.resolve(succeeded),
  serveTasks: () => Promise.resolve(),
  inspect: () => Promise.resolve(inspected),
  reports: () => import('../../src/repartition/report/report.js'),
  listOutput: () => Promise.resolve(listing),
};

export interface Tried {
  code: number;
  stdout: string;
  stderr: string;
  /** Codes given to `exit`. */
  exits: number[];
}

export interface Surroundings {
  engine?: Partial<Engine>;
  env?: Record<string, string>;
  terminal?: boolean;
  signals?: EventEmitter;
}

/** Runs a command line; words are split at spaces. */
export async function attempt(
  line: string,
  { engine = {}, env = {}, terminal = false, signals = new EventEmitter() }: Surroundings = {},
): Promise<Tried> {
  const [stdout, stderr] = [capture(terminal), capture(terminal)];
  const exits: number[] = [];
  const world: World = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    signals,
    exit: (code) => exits.push(code),
    engine: { ...idleEngine, ...engine },
  };
  const argv = line.split(' ').filter((word) => word !== '');
  const code = await run(argv, world);
  return { code, stdout: stdout.text(), stderr: stderr.text(), exits };
}

function capture(isTTY: boolean): { stream: Output; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 100 }), text: () => chunks.join('') };
}
