/** metadata.json of a graph with very many parts, which need not exist: for planning alone. */
import { open } from 'node:fs/promises';
import type { Entry } from '../graphs.js';

export const WIDE_DATA_SETS = 20;
/** Layouts among the data sets: the planner weighs each of them. */
const LAYOUTS = 5;
const ROWS_A_PART = 1000;

/** The row counts of data set `index`; all have the same sum, and no inner boundary in common with another layout. */
export function wideRowCounts(parts: number, index: number): number[] {
  const shift = index % LAYOUTS;
  return Array.from({ length: parts }, (_, i) => {
    if (parts === 1) return ROWS_A_PART;
    if (i === 0) return ROWS_A_PART + shift;
    return i === parts - 1 ? ROWS_A_PART - shift : ROWS_A_PART;
  });
}

/**
 * Writes the document in gs-processing's formatting, one data set at a time: it has a line and more for each part.
 * @param parts of all data sets together
 */
export async function writeWideMetadata(file: string, parts: number): Promise<void> {
  const each = Math.max(1, Math.round(parts / WIDE_DATA_SETS));
  const out = await open(file, 'w');
  try {
    await out.write(
      '{"edge_type": [], "node_type": ["node"], "edges": {}, "edge_data": {}, "node_data": {"node": {',
    );
    for (let i = 0; i < WIDE_DATA_SETS; i++) {
      const text = JSON.stringify(entry(i, each), undefined, 4);
      await out.write(`${i === 0 ? '' : ', '}"feature${i}": ${text}`);
    }
    await out.write(`}}, "num_nodes_per_type": [${each * ROWS_A_PART}], "graph_info": {}}`);
  } finally {
    await out.close();
  }
}

function entry(index: number, parts: number): Entry & { format: unknown } {
  const folder = `node_data/node-feature${index}/parquet`;
  const job = `${String(index).padStart(8, '0')}-5ac1-4b0e-9c1f-3d0f2a7b6c5d`;
  return {
    format: { name: 'parquet', delimiter: '' },
    data: Array.from(
      { length: parts },
      (_, i) => `${folder}/part-${String(i).padStart(5, '0')}-${job}-c000.snappy.parquet`,
    ),
    row_counts: wideRowCounts(parts, index),
  };
}
