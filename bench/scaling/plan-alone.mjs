// Planning alone, as a program of its own, so that its memory can be told: everything that a run does between
// metadata.json and the first part, except reading footers. What footers would say is taken from the metadata.
//
//     plan-alone.mjs METADATA
import { basename, dirname } from 'node:path';
import { alignmentGroups, updateMetadata } from '../../dist/metadata/index.js';
import { ownedTasks } from '../../dist/repartition/owned-tasks.js';
import { weighLayouts } from '../../dist/repartition/prepare/layout.js';
import { planGroup } from '../../dist/repartition/prepare/plan.js';
import { readMetadata } from '../../dist/repartition/prepare/read-metadata.js';
import { openLocalStorage } from '../../dist/storage/local.js';

const BYTES_A_ROW = 400;
const steps = {};
const peaks = {};

async function step(name, run) {
  const started = performance.now();
  const result = await run();
  steps[name] = (performance.now() - started) / 1000;
  peaks[name] = Math.round(process.resourceUsage().maxRSS / 1024);
  return result;
}

function* pathsOf(parts) {
  for (const part of parts) yield part.kind === 'keep' ? part.part.path : part.task.output;
}

const file = process.argv[2];
// From a storage, as a run reads it: block by block.
const { metadata, stat } = await step('parse', () =>
  readMetadata(openLocalStorage(dirname(file)), basename(file), 'inputMetadataFileName', {}),
);
const groups = await step('group', () => alignmentGroups(metadata));
const counted = await step('facts', () =>
  groups.map((group) => ({
    group,
    dataSets: group.dataSets.map((dataSet) => ({
      dataSet,
      parts: dataSet.parts.map((path, i) => ({
        path,
        size: dataSet.rowCounts[i] * BYTES_A_ROW + (i % 97),
        // One string each, as the inventory has them.
        version: `${i}-${dataSet.rowCounts[i]}`,
        tail: i,
        rows: dataSet.rowCounts[i],
        bytes: dataSet.rowCounts[i] * BYTES_A_ROW,
        scalarColumn: false,
        columns: 1,
        schema: 0,
      })),
    })),
  })),
);
const candidates = await step('choose', () =>
  counted.map((group) => weighLayouts(group, { target: 'fewest-bytes' })),
);
const plans = await step('plan', () => counted.map((group, i) => planGroup(group, candidates[i])));
const dataSets = plans.flatMap((plan) => plan.dataSets);
const { tasks, slices } = await step('tasks', () => {
  const made = { tasks: 0, slices: 0 };
  for (const { task } of ownedTasks({ groups: plans })) {
    made.tasks++;
    made.slices += task.slices.length;
  }
  return made;
});
// The document's text, to the last byte, as it would be written: a block at a time, if it comes in blocks.
const updatedBytes = await step('update', () => {
  const updated = updateMetadata(metadata, {
    dataSets: dataSets.map(({ dataSet, layout, parts }) => ({
      dataSet,
      rowCounts: layout,
      parts: { [Symbol.iterator]: () => pathsOf(parts) },
    })),
    idMappings: new Map(),
    recount: false,
  });
  let bytes = 0;
  for (const block of typeof updated === 'string' ? [updated] : updated) bytes += Buffer.byteLength(block);
  return bytes;
});
const parts = counted.flatMap((group) => group.dataSets).reduce((sum, set) => sum + set.parts.length, 0);
console.log(
  JSON.stringify({
    parts,
    tasks,
    slices,
    steps,
    peaks,
    metadataBytes: stat.size,
    updatedBytes,
  }),
);
