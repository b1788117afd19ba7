/** num_nodes_per_type and num_edges_per_type against the rows that there are. */
import { RepartitionError } from '../../errors.js';
import { declaredTotals, type GraphMetadata } from '../../metadata/index.js';
import { dataSetName } from '../data-set-name.js';
import type { CountedGroup } from '../model.js';
import { WHICH_IS_RIGHT } from './inventory.js';

/** @throws RepartitionError `mismatch` naming the first type that differs */
export function requireDeclaredTotals(metadata: GraphMetadata, groups: readonly CountedGroup[]): void {
  for (const { kind, type, total } of declaredTotals(metadata)) {
    const section = kind === 'edge' ? 'edges' : 'node_data';
    const counted = groups
      .flatMap(({ dataSets }) => dataSets)
      .find(({ dataSet }) =>
        dataSet.places.some((place) => place.section === section && place.type === type),
      );
    if (!counted) continue;
    const rows = counted.parts.reduce((sum, part) => sum + part.rows, 0);
    if (rows === total) continue;
    const key = kind === 'edge' ? 'num_edges_per_type' : 'num_nodes_per_type';
    const dataSet = dataSetName(counted.dataSet);
    throw new RepartitionError(
      'mismatch',
      `${metadata.file}: ${key} says ${total} for ${type}, but its ${dataSet} has ${rows} rows`,
      { hint: WHICH_IS_RIGHT, path: metadata.file, dataSet },
    );
  }
}
