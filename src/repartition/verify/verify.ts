/**
 * Is a prefix ready for DistPartitioning? Two levels: what footers and documents tell, and every value.
 *
 *     documents ─► look (footers) ─► checks, a file per kind, pure ─► report
 *                                └─► deep/ (pages, by another reader) ─┘
 */
import pMap from 'p-map';
import { RepartitionError } from '../../errors.js';
import { alignmentGroups, type GraphMetadata } from '../../metadata/index.js';
import type { AlignmentGroup } from '../../metadata/model.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import { locate, openStorage } from '../../storages.js';
import { Tally } from '../../storage/tally.js';
import { withHindrances } from '../hindrances.js';
import type { Progress, VerifyOptions, VerifyReport } from '../api.js';
import { counter } from '../counter.js';
import type { CountedGroup } from '../model.js';
import { requireVerifyOptions } from '../options.js';
import { lookAtParts } from '../prepare/inventory.js';
import { problemOf, readPart } from '../prepare/read-part.js';
import { checkMetadata } from './check-metadata.js';
import { checkDataSet, rowsOf } from './check-parts.js';
import { checkTotals, type LookedMapping, totalsOf } from './check-totals.js';
import {
  checkAgreement,
  checkListedTwice,
  checkRanks,
  checkSharedFiles,
  type LookedType,
  type PartList,
} from './check-types.js';
import type { DeepOutcome } from './deep/deep.js';
import { type Documents, readDocuments } from './documents.js';
import { type LookedDataSet, lookAtPart, SchemaNumbers } from './facts.js';
import { type Finding, placeOf, violation, warning } from './finding.js';
import { checkDocuments, checkIdentities, checkStatus, hasOurs, readInputs } from './freshness.js';
import { asOnePerType } from './never-aligned.js';
import { inOrder } from './report.js';

/**
 * Checks all that the metadata list. What is wrong with the graph is in the report; what keeps us from looking
 * (no metadata, no access) is thrown.
 * @throws RepartitionError
 *
 * @example
 * ```ts
 * import { repartition, verifyPrefix } from 'gs-repartition';
 *
 * await repartition({ inputPrefix: 'graph' });
 * const { ready, violations } = await verifyPrefix({ inputPrefix: 'graph', deep: true });
 * console.log(ready, violations.length);
 * // true 0
 * ```
 */
export async function verifyPrefix(given: VerifyOptions): Promise<VerifyReport> {
  requireVerifyOptions(given);
  const tally = Tally.empty();
  const { signal, onProgress } = given;
  const options = onProgress
    ? { ...given, onProgress: (progress: Progress) => onProgress(withHindrances(progress, tally)) }
    : given;
  const storage = await openStorage(await locate(options.inputPrefix, options.s3), { signal, tally });
  try {
    const documents = await readDocuments(storage, options);
    const { checked } = documents;
    if (checked instanceof RepartitionError) {
      const found = [
        violation('metadata', {}, checked.message),
        ...checkStatus(documents.status, !documents.isInput),
      ];
      return report(storage, documents, options, { findings: found });
    }
    const looked = await look(storage, checked, options);
    const inputs = await inputsOf(storage, looked, documents, options);
    const findings = [
      ...check(checked, looked, documents, options),
      ...compareWithInputs(storage, checked, { looked, documents, inputs }, options),
    ];
    const deep = options.deep
      ? await lookAtValues(storage, checked, { looked, inputs }, { ...options, tally })
      : undefined;
    return report(storage, documents, options, {
      looked,
      findings: deep ? withoutRepeated(findings, deep.findings) : findings,
      ...(deep && { deep: deep.checked }),
    });
  } finally {
    await storage.close();
  }
}

/** All that footers tell. */
interface Looked {
  groups: readonly AlignmentGroup[];
  dataSets: readonly LookedDataSet[];
  types: readonly LookedType[];
  mappings: readonly LookedMapping[];
}

async function look(storage: Storage, metadata: GraphMetadata, options: VerifyOptions): Promise<Looked> {
  const { signal, concurrency } = options;
  const groups = alignmentGroups(metadata);
  const mapped = [...metadata.idMappings].flatMap(([, { parts }]) => parts).length;
  const total = groups.flatMap(({ dataSets }) => dataSets).reduce((n, { parts }) => n + parts.length, mapped);
  const onPart = counter((done) =>
    options.onProgress?.({ phase: 'verify', done, total, ...(options.deep && { ahead: 'values' }) }),
  );
  const schemas = new Map(groups.flatMap((group) => group.dataSets).map((one) => [one, new SchemaNumbers()]));
  const lookedGroups = await lookAtParts(
    storage,
    groups,
    { signal, onPart, readsAtOnce: concurrency },
    (dataSet, path) => lookAtPart(storage, dataSet, path, schemas.get(dataSet)!, { signal }),
  );
  const dataSets = lookedGroups.flatMap((group) =>
    group.dataSets.map(({ dataSet, parts }) => ({ dataSet, parts, schemas: schemas.get(dataSet)!.schemas })),
  );
  return {
    groups,
    dataSets,
    types: groups.flatMap(({ kind, types }) =>
      types.map((type) => ({
        kind,
        type,
        dataSets: dataSets.filter(({ dataSet }) =>
          dataSet.places.some(
            (place) => place.type === type && (place.section === 'node_data') === (kind === 'node'),
          ),
        ),
      })),
    ),
    mappings: await lookAtMappings(storage, metadata, { signal, onPart }),
  };
}

async function lookAtMappings(
  storage: Storage,
  { idMappings }: GraphMetadata,
  { signal, onPart }: CallOptions & { onPart: () => void },
): Promise<LookedMapping[]> {
  const mappings: LookedMapping[] = [];
  for (const [type, { parts, rowCounts }] of idMappings) {
    const looked = await pMap(
      parts,
      async (path): Promise<LookedMapping['parts'][number]> => {
        const part = await lookAtMapping(storage, type, path, { signal });
        onPart();
        return part;
      },
      { concurrency: storage.profile.readsAtOnce },
    );
    mappings.push({ type, parts: looked, rowCounts });
  }
  return mappings;
}

/** Its size and rows, or what is wrong with it. */
async function lookAtMapping(
  storage: Storage,
  type: string,
  path: string,
  options: CallOptions,
): Promise<LookedMapping['parts'][number]> {
  try {
    const { facts } = await readPart(storage, `raw_id_mappings of ${type}`, path, options);
    const { size, version, rows } = facts;
    return { path, rows, stat: { path, size, version } };
  } catch (error) {
    return { path, rows: 0, problem: problemOf(error) };
  }
}

function check(
  metadata: GraphMetadata,
  { dataSets, types, mappings }: Looked,
  { isInput, status }: Documents,
  { worldSize }: VerifyOptions,
): Finding[] {
  const lists: PartList[] = [
    ...dataSets.map(({ dataSet }) => ({ place: placeOf(dataSet), parts: dataSet.parts })),
    ...mappings.map(({ type, parts }) => ({
      place: { type, dataSet: 'raw_id_mappings' },
      parts: parts.map(({ path }) => path),
    })),
  ];
  const findings = [
    ...checkMetadata(metadata),
    ...dataSets.flatMap((one) => checkDataSet(metadata, one)),
    ...types.flatMap(checkAgreement),
    ...lists.flatMap(checkListedTwice),
    ...checkSharedFiles(lists),
    ...checkTotals(metadata, types, mappings),
    ...(worldSize === undefined ? [] : types.flatMap((type) => checkRanks(type, worldSize))),
  ];
  const all = [...findings, ...checkStatus(status, !isInput)];
  return isInput ? asOnePerType(all, types, 'run gs-repartition') : all;
}

type Inputs = CountedGroup[] | RepartitionError | undefined;

/** Undefined where nothing is to be compared. */
async function inputsOf(
  storage: Storage,
  { dataSets }: Looked,
  { input }: Documents,
  { signal, deep }: VerifyOptions,
): Promise<Inputs> {
  if (!input || input instanceof RepartitionError) return undefined;
  return deep || hasOurs(dataSets) ? readInputs(storage, input, { signal }) : undefined;
}

function compareWithInputs(
  storage: Storage,
  published: GraphMetadata,
  { looked, documents, inputs }: { looked: Looked; documents: Documents; inputs: Inputs },
  { deep = false }: VerifyOptions,
): Finding[] {
  const { input, status } = documents;
  if (!input) return [];
  const found = checkDocuments(published, input, status);
  if (found.length > 0 || !inputs) return found;
  return checkIdentities({ storage, published: looked.dataSets, inputs, status, isDeep: deep });
}

async function lookAtValues(
  storage: Storage,
  metadata: GraphMetadata,
  { looked, inputs }: { looked: Looked; inputs: Inputs },
  options: VerifyOptions & { tally: Tally },
): Promise<DeepOutcome> {
  const { lookDeep } = await import('./deep/deep.js');
  const { dataSets, mappings, types } = looked;
  const { nodes } = totalsOf(metadata, types, mappings);
  const read = !inputs || inputs instanceof RepartitionError ? [] : inputs.flatMap((group) => group.dataSets);
  const outcome = await lookDeep(storage, { metadata, dataSets, mappings, nodes, inputs: read }, options);
  if (!(inputs instanceof RepartitionError)) return outcome;
  const message = `its rows cannot be compared with those of its inputs: ${inputs.message}`;
  return { ...outcome, findings: [...outcome.findings, warning('not-compared', {}, message)] };
}

/** What footers have told is told again by the values, and better. */
function withoutRepeated(footers: readonly Finding[], values: readonly Finding[]): Finding[] {
  const key = ({ kind, type, dataSet }: Finding): string => JSON.stringify([kind, type, dataSet]);
  const told = new Set(values.map(key));
  const repeated = new Set<Finding['kind']>(['nulls', 'width', 'ids', 'world-size']);
  return [...footers.filter((one) => !(repeated.has(one.kind) && told.has(key(one)))), ...values];
}

interface Outcome {
  looked?: Looked;
  findings: readonly Finding[];
  deep?: DeepOutcome['checked'];
}

function report(
  storage: Storage,
  { file }: Documents,
  { deep: isDeep, worldSize }: VerifyOptions,
  { looked, findings, deep }: Outcome,
): VerifyReport {
  const violations = inOrder(findings, 'violation');
  const dataSets = looked?.dataSets ?? [];
  return {
    document: 'gs-repartition/verify',
    version: 1,
    inputPrefix: storage.describe(''),
    metadata: storage.describe(file),
    level: isDeep ? 'deep' : 'footers',
    ...(worldSize !== undefined && { worldSize }),
    ready: violations.length === 0,
    checked: {
      types: looked?.types.length ?? 0,
      dataSets: dataSets.length,
      parts: dataSets.reduce((n, { parts }) => n + parts.length, 0),
      rows: (looked?.types ?? []).reduce((n, { dataSets: [first] }) => n + (first ? rowsOf(first) : 0), 0),
      ...deep,
    },
    violations,
    warnings: inOrder(findings, 'warning'),
  };
}
