/** Proves rows of what a run made in the model: a sample of parts is read back and compared with the sources' rows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../bench-error.js';
import {
  entriesOf,
  type Entry,
  METADATA,
  type Metadata,
  readMetadata,
  remove,
  UPDATED_METADATA,
} from '../graphs.js';
import { run } from '../measure/measure.js';
import { benchFolder } from '../paths.js';
import { benchPython } from '../python.js';
import { type ModelGraph, PREFIX } from './graph.js';
import type { Added, Model } from './model.js';
import { VirtualObjects } from './recipe.js';

/** Parts that are read back: the first, the last, and some between them. */
const SAMPLE = 4;

/** Rows `from` up to `to` of a local file. */
interface RowRange {
  file: string;
  from: number;
  to: number;
}

/** @param folder for what is downloaded; it is removed in the end @throws BenchError */
export async function checkRows(
  model: Model,
  graph: ModelGraph,
  added: readonly Added[],
  folder: string,
): Promise<void> {
  try {
    for (const name of [METADATA, UPDATED_METADATA])
      await model.download(`${PREFIX}/${name}`, join(folder, name));
    const [before, after] = [
      await readMetadata(folder, METADATA),
      await readMetadata(folder, UPDATED_METADATA),
    ];
    const made = new Set(added.map(({ key }) => key));
    const list: { output: string; slices: RowRange[] }[] = [];
    for (const [source, output] of pairs(before, after)) {
      for (const i of sample(output.data.length)) {
        const path = output.data[i]!;
        if (!made.has(`${PREFIX}/${path}`)) continue;
        const file = join(folder, `output-${list.length}.parquet`);
        await model.download(`${PREFIX}/${path}`, file);
        list.push({ output: file, slices: slicesOf(graph, source, output, i) });
      }
    }
    if (list.length === 0) throw new BenchError('nothing was made that could be checked', 'give more parts');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'check.json'), JSON.stringify(list));
    const program = join(benchFolder, 's3-model', 'check_rows.py');
    const { code, stderr } = await run(benchPython(), [program, join(folder, 'check.json')]);
    if (code !== 0)
      throw new BenchError('parts made in the model are not what they should be', stderr.trim());
  } finally {
    await remove(folder);
  }
}

function pairs(before: Metadata, after: Metadata): [Entry, Entry][] {
  const others = entriesOf(after);
  return entriesOf(before).map((entry, i) => [entry, others[i]!]);
}

function sample(parts: number): number[] {
  const step = Math.max(1, (parts - 1) / (SAMPLE - 1));
  return [...new Set(Array.from({ length: SAMPLE }, (_, i) => Math.min(parts - 1, Math.round(i * step))))];
}

/** The rows of the sources' templates that output `index` must have, in order. */
function slicesOf({ recipe }: ModelGraph, source: Entry, output: Entry, index: number): RowRange[] {
  const objects = new VirtualObjects(recipe);
  const start = output.row_counts.slice(0, index).reduce((sum, rows) => sum + rows, 0);
  const end = start + output.row_counts[index]!;
  const slices: RowRange[] = [];
  let at = 0;
  for (const [i, rows] of source.row_counts.entries()) {
    const [from, to] = [Math.max(0, start - at), Math.min(rows, end - at)];
    at += rows;
    if (from >= to) continue;
    const object = objects.find(`${PREFIX}/${source.data[i]!}`);
    slices.push({ file: recipe.templates[object!.template]!, from, to });
  }
  return slices;
}
