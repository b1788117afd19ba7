/** What the updated metadata will say of a plan's data sets. */
import type { MetadataChanges } from '../metadata/index.js';
import type { DataSetPlan, Plan } from './model.js';

export function changesOf({ groups, idMappings, settings }: Plan): MetadataChanges {
  return {
    dataSets: groups.flatMap(({ dataSets }) => dataSets).map(publishedDataSet),
    idMappings: new Map([...idMappings].map(([type, parts]) => [type, parts.map(({ rows }) => rows)])),
    recount: settings.recount,
  };
}

function publishedDataSet({ dataSet, parts, layout }: DataSetPlan): MetadataChanges['dataSets'][number] {
  function* paths(): Generator<string> {
    for (const part of parts) yield part.kind === 'keep' ? part.part.path : part.task.output;
  }
  return { dataSet, parts: { [Symbol.iterator]: paths }, rowCounts: layout };
}
