/** Ours on a real S3 server: how near it comes to the copies that the server has to make, and what passes through us. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Summary, TargetLayout } from '../../src/repartition/index.js';
import { BenchError } from '../bench-error.js';
import { requireSameRows } from '../graph-bench.js';
import {
  cloneGraph,
  generate,
  type GraphRequest,
  METADATA,
  movedParts,
  readMetadata,
  remove,
  UPDATED_METADATA,
} from '../graphs.js';
import { describeMachine } from '../machine.js';
import { type Cost, measure, type Measured } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import { ours } from '../peers.js';
import type { S3Preset } from '../presets.js';
import type { RunContext } from '../run.js';
import { formatBytes, formatSeconds, toMb } from '../units.js';
import { copiesOf, rangeLength, type UploadOfCopies } from './copies.js';
import { s3Case, type S3Case, type S3Report, s3TargetsOf } from './report.js';
import { type BenchServer, deleteKeys, download, keysOf, SERVER, withServer } from './server.js';

/** As many as ours has: two worker threads on S3, 32 requests of each. */
const COPIES_IN_FLIGHT = 64;
const PREFIX = 'graph';

/** @throws BenchError when a run fails, asks for something twice, or loses rows */
export async function runOnS3({ graphs, repeats }: S3Preset, context: RunContext): Promise<S3Report> {
  const machine = await describeMachine(context.folder);
  const cases: S3Case[] = [];
  for (const request of graphs) {
    const local = join(context.folder, request.graph);
    context.log(`${request.graph}: generating ${formatBytes(request.bytes)}`);
    await generate(request, local);
    await withServer(context.folder, async (server) => {
      await server.bucket.putFolder(local, PREFIX);
      for (const layout of layoutsOf(request)) {
        cases.push(await new S3Bench(server, local, request.graph, layout, context).measure(repeats));
      }
    });
    await remove(local);
  }
  const { preset, ran } = context;
  return {
    kind: 's3',
    preset,
    machine,
    ran,
    server: SERVER,
    synced: true,
    cases,
    targets: s3TargetsOf(cases),
  };
}

/** In the graphs made of boundaries, the default layout moves next to nothing. */
function layoutsOf({ graph }: GraphRequest): TargetLayout[] {
  return graph.startsWith('boundaries-') ? ['most-frequent'] : ['most-frequent', 'fewest-bytes'];
}

/** One graph in the bucket, aligned to one layout again and again. */
class S3Bench {
  constructor(
    private readonly server: BenchServer,
    private readonly local: string,
    private readonly graph: string,
    private readonly layout: TargetLayout,
    private readonly context: RunContext,
  ) {}

  async measure(repeats: number): Promise<S3Case> {
    const { proxy, endpoint } = this.server;
    const original = await keysOf(this.server.bucket);
    const clean = async (): Promise<void> => {
      const kept = new Set(original);
      const added = (await keysOf(this.server.bucket)).filter((key) => !kept.has(key));
      await deleteKeys(this.server.bucket, added);
    };
    // Not timed: through the proxy, which counts.
    proxy.reset();
    const counted = await this.align(proxy.endpoint);
    requireDone(JSON.parse(counted.stdout) as Summary);
    const { up, down, requests } = proxy.traffic();
    const uploads = copiesOf(proxy.seen, (key) => `bare/${key}`);
    proxy.reset();
    const moved = await this.look(original);
    await clean();

    const costs = { ours: [] as Cost[], bareCopies: [] as Cost[], inside: [] as number[] };
    for (let i = 0; i < repeats; i++) {
      costs.ours.push(this.told('ours', await this.align(endpoint)));
      await clean();
      if (uploads.length === 0) continue;
      const bare = this.told('bare copies', await this.copyBarely(uploads));
      costs.bareCopies.push(bare);
      costs.inside.push((JSON.parse(bare.stdout) as { seconds: number }).seconds);
      await clean();
    }
    const copies = uploads.flatMap((upload) => upload.copies);
    const facts = {
      graph: this.graph,
      layout: this.layout,
      bytes: await this.sizeOf(original.map((key) => key.slice(PREFIX.length + 1))),
      moved_bytes: await this.sizeOf(moved),
      moved_parts: moved.length,
      copied_bytes: copies.reduce((sum, { range }) => sum + rangeLength(range), 0),
      copies: copies.length,
      uploaded_bytes: up,
      downloaded_bytes: down,
      requests,
    };
    return s3Case(facts, costs);
  }

  private align(endpoint: string): Promise<Measured> {
    const { concurrency } = this.context.settings;
    const command = ours(`s3://${this.server.bucket.name}/${PREFIX}`, this.layout, concurrency);
    return this.run([...command, '--endpoint-url', endpoint]);
  }

  private async copyBarely(uploads: readonly UploadOfCopies[]): Promise<Measured> {
    const list = join(this.context.folder, 'copies.json');
    const { endpoint, bucket } = this.server;
    const job = { endpoint, bucket: bucket.name, inFlight: COPIES_IN_FLIGHT, uploads };
    await writeFile(list, JSON.stringify(job));
    return this.run([process.execPath, join(benchFolder, 's3', 'bare-copies.mjs'), list]);
  }

  /** Until everything that the server wrote is on disk; the inputs are in the page cache. */
  private run(command: readonly string[]): Promise<Measured> {
    return measure(command, { folder: this.server.folder, cache: 'warm' });
  }

  private told(who: string, cost: Measured): Measured {
    const { seconds, peakRssBytes } = cost;
    this.context.log(
      `${this.graph} ${this.layout}: ${who} ${formatSeconds(seconds)}, ${toMb(peakRssBytes)} MB`,
    );
    return cost;
  }

  /** Checks the rows of what was made. @returns the parts that were replaced */
  private async look(original: readonly string[]): Promise<string[]> {
    const clone = join(this.context.folder, 'clone');
    await cloneGraph(this.local, clone);
    try {
      const added = (await keysOf(this.server.bucket)).filter((key) => !original.includes(key));
      for (const key of added) {
        await download(this.server.bucket, key, join(clone, key.slice(PREFIX.length + 1)));
      }
      if (this.context.settings.check) await requireSameRows('ours on S3', this.local, clone);
      return movedParts(await readMetadata(clone, METADATA), await readMetadata(clone, UPDATED_METADATA));
    } finally {
      await remove(clone);
    }
  }

  private async sizeOf(paths: readonly string[]): Promise<number> {
    let bytes = 0;
    for (const path of paths) bytes += (await stat(join(this.local, path))).size;
    return bytes;
  }
}

function requireDone({ parts }: Summary): void {
  if (parts.spliced > 0 && parts.resumed === 0) return;
  throw new BenchError(
    `a run on S3 made nothing: ${JSON.stringify(parts)}`,
    'the bucket should hold no earlier output',
  );
}
