/** Outputs that are there: their footers are read back from storage and held against the task. */
import type { Footer } from '../parquet/footer.js';
import { gapIn } from '../parquet/made-file.js';
import { makerOf } from '../parquet/provenance.js';
import { schemaDifference } from '../parquet/same-schema.js';
import type { CallOptions, ObjectStat, Storage } from '../storage/storage.js';
import { dataSetName } from './data-set-name.js';
import type { DataSetPlan } from './model.js';
import type { OwnedTask } from './owned-tasks.js';
import { nameInFooter } from './part-name.js';
import type { ReadOptions } from './part-reader.js';
import { problemOf, type ReadPart, readPart } from './prepare/read-part.js';

/** The object that is there, or what is wrong with it. */
export type CheckedOutput = Pick<ObjectStat, 'size' | 'version'> | { problem: string };

/** Whether a part is what its task says, as far as its footer tells: that it is whole, its rows and its shape. */
export async function checkOutput(
  storage: Storage,
  owned: OwnedTask,
  options: ReadOptions,
): Promise<CheckedOutput> {
  return checkPart(storage, owned, options, () => undefined);
}

/**
 * The same for a part that an earlier run made, which may have been damaged or exchanged since: also its schema is that
 * of the sources, it was made under this name, and its bytes are where the footer says, none missing and none too many.
 * @param sources gives the footer of a source of a data set
 */
export async function checkOldOutput(
  storage: Storage,
  owned: OwnedTask,
  sources: SourceSchemas,
  options: ReadOptions,
): Promise<CheckedOutput> {
  const { task, dataSet } = owned;
  const source = await sources.of(dataSet);
  return checkPart(storage, owned, options, ({ footer }) => {
    const column = schemaDifference(source.footer, footer, source.aspects);
    if (column !== undefined) return `its column ${column} is not that of the data set`;
    const { part: name } = makerOf(footer);
    if (name !== nameInFooter(task.output))
      return name === undefined ? 'it does not say what it is' : `it was made as ${name}`;
    return gapIn(footer);
  });
}

/** Of each data set the schema that its new parts must have; a footer is read for it when it is first asked for. */
export class SourceSchemas {
  private readonly known = new Map<DataSetPlan, Promise<SourceSchema>>();

  constructor(
    private readonly storage: Storage,
    private readonly options: CallOptions,
  ) {}

  of(dataSet: DataSetPlan): Promise<SourceSchema> {
    let schema = this.known.get(dataSet);
    if (!schema) this.known.set(dataSet, (schema = this.read(dataSet)));
    return schema;
  }

  private async read({ dataSet, sources }: DataSetPlan): Promise<SourceSchema> {
    // A part without rows lends nobody its schema while others have some.
    const [first] = sources;
    const source = sources.find(({ rows }) => rows > 0) ?? first!;
    const { footer } = await readPart(this.storage, dataSetName(dataSet), source.path, this.options);
    // Parts may differ in which columns may be null; those of one new part do not.
    const isOne = sources.every(({ schema, rows }) => schema === source.schema || rows === 0);
    return { footer, aspects: isOne ? 'all' : 'types' };
  }
}

interface SourceSchema {
  footer: Footer;
  aspects: 'all' | 'types';
}

async function checkPart(
  storage: Storage,
  { dataSet, task }: OwnedTask,
  options: ReadOptions,
  furtherProblem: (part: ReadPart) => string | undefined,
): Promise<CheckedOutput> {
  try {
    const part = await readPart(storage, dataSetName(dataSet.dataSet), task.output, options);
    const { rows, shape: found } = part.facts;
    const { shape } = task.keys;
    if (rows !== task.rows) return { problem: `it has ${rows} rows where ${task.rows} were planned` };
    if (shape !== undefined && (found ?? null) !== shape) {
      return { problem: `its shape key is ${found ?? 'missing'}` };
    }
    const problem = furtherProblem(part);
    return problem === undefined ? part.facts : { problem };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}
