/** Graphs of any size for the model: metadata.json, and a recipe of a few templates that stand for all parts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../bench-error.js';
import { run } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import { benchPython } from '../python.js';
import { WIDE_DATA_SETS, wideRowCounts, writeWideMetadata } from '../scaling/wide-metadata.js';
import { type FolderRecipe, partName, partsOf, type Recipe } from './recipe.js';

export const BUCKET = 'model';
export const PREFIX = 'graph';

/** A float vector, as of a language model's embedding. */
const WIDTH = 768;
const BYTES_A_ROW = 4 * WIDTH;
const STRUCTURE_ROWS = 1000;

/** As in the graphs of boundaries on disk: every inner boundary lies elsewhere by this share of a part. */
const SHIFT = 0.3;

export interface ModelGraph {
  recipe: Recipe;
  /** Rows of each template. */
  rows: number[];
  /** Parts of the data set that moves. */
  parts: number;
}

export interface TemplateJob {
  path: string;
  kind: string;
  width: number;
  rows: number;
}

/**
 * One node type with two data sets of vectors, as large as each other. Each has a part of R rows for each part of the
 * other, but in the second all inner boundaries lie 0.3 R earlier:
 *
 *     embedding   │     R     │     R     │     R     │     R     │
 *     second      │  0.7 R │     R     │     R     │    1.3 R     │
 *
 * So the one that moves is cut in nearly every part, whichever layout is chosen, and each new part is two long runs of
 * pages and the page that the boundary cuts.
 *
 * @param parts of each data set, at least 2
 * @param partBytes of a part of R rows
 * @param folder for the templates
 * @throws BenchError when the templates cannot be made
 */
export async function boundaryGraph(parts: number, partBytes: number, folder: string): Promise<ModelGraph> {
  const rows = Math.max(10, Math.floor(partBytes / BYTES_A_ROW));
  const by = Math.floor(SHIFT * rows);
  const vectors = (name: string, count: number): TemplateJob => ({
    path: join(folder, `${name}.parquet`),
    kind: 'vector',
    width: WIDTH,
    rows: count,
  });
  const templates = [
    vectors('whole', rows),
    vectors('first', rows - by),
    vectors('last', rows + by),
    { path: join(folder, 'structure.parquet'), kind: 'structure', width: 1, rows: STRUCTURE_ROWS },
  ];
  await makeTemplates(templates, folder);
  const counts = templates.map((template) => template.rows);
  const features = {
    embedding: folderOf('node_data/node-embedding', 1, [[0, parts]]),
    second: folderOf('node_data/node-second', 2, [
      [1, 1],
      ...(parts > 2 ? [[0, parts - 2] as [number, number]] : []),
      [2, 1],
    ]),
  };
  const structure = folderOf('edges/node_links_node', 3, [[3, 1]]);
  const document = {
    edge_type: ['node:links:node'],
    node_type: ['node'],
    graph_name: 'model',
    edges: { 'node:links:node': entryOf(structure, counts) },
    edge_data: {},
    node_data: {
      node: Object.fromEntries(
        Object.entries(features).map(([name, folder]) => [name, entryOf(folder, counts)]),
      ),
    },
    num_nodes_per_type: [parts * rows],
    num_edges_per_type: [STRUCTURE_ROWS],
    graph_info: {},
  };
  const metadata = join(folder, 'metadata.json');
  await writeFile(metadata, JSON.stringify(document, undefined, 4));
  const recipe = {
    bucket: BUCKET,
    templates: [...templates.map(({ path }) => path), metadata],
    objects: [{ key: `${PREFIX}/metadata.json`, template: templates.length }],
    folders: [...Object.values(features), structure],
  };
  return { recipe, rows: counts, parts };
}

/**
 * A graph of small parts and many data sets, for planning: see `wide-metadata.ts`.
 * @param parts of all data sets together
 * @param folder for the templates
 * @throws BenchError when the templates cannot be made
 */
export async function wideGraph(parts: number, folder: string): Promise<Recipe> {
  const each = Math.max(1, Math.round(parts / WIDE_DATA_SETS));
  const numbers = new Map<number, number>();
  /** The template of parts with so many rows. */
  const templateOf = (rows: number): number =>
    numbers.get(rows) ?? numbers.set(rows, numbers.size).get(rows)!;
  const folders = Array.from({ length: WIDE_DATA_SETS }, (_, i) =>
    folderOf(`node_data/node-feature${i}`, i, runsOf(wideRowCounts(each, i).map(templateOf))),
  );
  const templates = [...numbers.keys()].map((rows) => {
    return { path: join(folder, `${rows}.parquet`), kind: 'double', width: 1, rows };
  });
  await makeTemplates(templates, folder);
  const metadata = join(folder, 'metadata.json');
  await writeWideMetadata(metadata, parts);
  return {
    bucket: BUCKET,
    templates: [...templates.map(({ path }) => path), metadata],
    objects: [{ key: `${PREFIX}/metadata.json`, template: templates.length }],
    folders,
  };
}

/** Equal numbers that stand beside each other, as one run. */
function runsOf(templates: readonly number[]): FolderRecipe['runs'] {
  const runs: FolderRecipe['runs'] = [];
  for (const template of templates) {
    const last = runs.at(-1);
    if (last?.[0] === template) last[1] += 1;
    else runs.push([template, 1]);
  }
  return runs;
}

/** Writes parts as GSProcessing does. @throws BenchError when the generator fails */
async function makeTemplates(jobs: readonly TemplateJob[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const list = join(folder, 'templates.json');
  await writeFile(list, JSON.stringify(jobs));
  const { code, stderr } = await run(benchPython(), [join(benchFolder, 'generate', 'templates.py'), list]);
  if (code !== 0) throw new BenchError('could not make the templates', stderr.trim());
}

function folderOf(name: string, number: number, runs: FolderRecipe['runs']): FolderRecipe {
  const job = `${String(number).padStart(8, '0')}-5ac1-4b0e-9c1f-3d0f2a7b6c5d`;
  return { key: `${PREFIX}/${name}/parquet`, job, runs };
}

function entryOf(folder: FolderRecipe, rows: readonly number[]) {
  const parts = partsOf(folder);
  const path = folder.key.slice(PREFIX.length + 1);
  return {
    format: { name: 'parquet', delimiter: '' },
    data: Array.from({ length: parts }, (_, i) => `${path}/${partName(i, parts, folder.job)}`),
    row_counts: folder.runs.flatMap(([template, count]) => new Array<number>(count).fill(rows[template]!)),
  };
}
