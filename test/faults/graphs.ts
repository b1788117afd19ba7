/** Graphs for tests of faults, aligned once undisturbed to compare with. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repartition, type Summary } from 'gs-repartition';
import { alignedLocally, type GraphSpec, makeGraph } from '../s3/kit.js';

/** By place, rows and a hash of each part: see `alignedLocally`. */
export type Aligned = Awaited<ReturnType<typeof alignedLocally>>;

/** A few parts of a few pages. */
export const SMALL: GraphSpec = {
  dim: 3,
  features: [100, 80],
  labels: [90, 90],
  edges: [50, 50, 20],
  weights: [60, 60],
};

/** Parts of 64 MB. */
export const LARGE: GraphSpec = {
  features: [260_000, 260_000],
  labels: [200_000, 320_000],
  edges: [10],
  weights: [10],
};

export class Graph {
  private constructor(
    private readonly work: string,
    /** The graph as it was made. */
    readonly folder: string,
    /** What an undisturbed run makes of it. */
    readonly aligned: Aligned,
    readonly summary: Summary,
  ) {}

  static async make(spec: GraphSpec): Promise<Graph> {
    const work = await mkdtemp(join(tmpdir(), 'faults-graph-'));
    const folder = join(work, 'graph');
    await makeGraph(folder, spec);
    const undisturbed = join(work, 'undisturbed');
    await cp(folder, undisturbed, { recursive: true });
    const summary = await repartition({ inputPrefix: undisturbed });
    return new Graph(work, folder, await alignedLocally(undisturbed), summary);
  }

  /** A copy in a folder of its own, or in `to`. */
  async copy(to?: string): Promise<string> {
    const prefix = to ?? (await mkdtemp(join(this.work, 'copy-')));
    await cp(this.folder, prefix, { recursive: true });
    return prefix;
  }

  remove(): Promise<void> {
    return rm(this.work, { recursive: true, force: true });
  }
}

/** Files under a prefix, relative. */
async function filesUnder(prefix: string): Promise<string[]> {
  return readdir(prefix, { recursive: true });
}

/** New parts that are there. */
export async function partsUnder(prefix: string): Promise<number> {
  return (await filesUnder(prefix)).filter((file) => /repartitioned-\w+\/part-/.test(file)).length;
}

/** What killed and failed runs must not leave behind for good. */
export async function leftUnder(prefix: string): Promise<string[]> {
  return (await filesUnder(prefix)).filter(
    (file) => file.endsWith('.tmp') || file.includes('repartition_runs'),
  );
}

/** What the updated metadata say, or undefined when none are published. */
export async function publishedUnder(prefix: string): Promise<string | undefined> {
  return readFile(join(prefix, 'updated_row_counts_metadata.json'), 'utf8').catch(() => undefined);
}
