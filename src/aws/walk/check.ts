/** What is wrong with the settings of a walk, as far as that can be told before anybody is asked. Pure. */
import { RepartitionError } from '../../errors.js';
import { asS3Url, parseS3Url } from '../../s3/keys.js';
import { requireSageMaker } from '../finish.js';
import { parseImageUri, parseRole } from '../names.js';
import { checkPartitionOptions } from '../partition-plan.js';
import { setupSettings } from '../setup-options.js';
import { checkArguments } from '../submit.js';
import type { WalkSettings } from './settings.js';

/** A mistake, and where it is: the names of settings from the outside in. */
export interface WalkMistake {
  path: readonly string[];
  message: string;
}

/**
 * Finds the mistakes that need nobody to be asked.
 * @returns none when the walk can begin
 *
 * @example
 * ```ts
 * import { checkWalk } from 'gs-repartition/upstream';
 *
 * const mistakes = checkWalk({
 *   inputPrefix: 's3://graphs/tables',
 *   outputPrefix: '/data/graph',
 *   configFilename: 'config.json',
 *   submit: { entryPoint: 'distributed_executor.py', applicationId: '00f1r2s3t4', executionRole: 'jobs' },
 * });
 * for (const { path, message } of mistakes) console.log(path.join('.'), message);
 * // outputPrefix not an S3 prefix: /data/graph. Write it as s3://bucket/prefix.
 * ```
 */
export function checkWalk(settings: WalkSettings): WalkMistake[] {
  const { inputPrefix, outputPrefix, setup, submit, align, partition } = settings;
  const places = [
    ...mistakesOf(['inputPrefix'], () => parseS3Url(inputPrefix)),
    ...mistakesOf(['outputPrefix'], () => parseS3Url(outputPrefix)),
    ...(submit.logUri === undefined
      ? []
      : mistakesOf(['submit', 'logUri'], () => parseS3Url(submit.logUri ?? ''))),
    ...(partition === undefined
      ? []
      : mistakesOf(['partition', 'outputPrefix'], () => parseS3Url(partition.outputPrefix))),
  ];
  // What follows takes these for granted.
  if (places.length > 0) return places;
  const { sagemaker, fallback } = align ?? {};
  const names: [path: string[], value: string | undefined, parse: (value: string) => unknown][] = [
    [['setup', 'imageUri'], setup?.imageUri, parseImageUri],
    [['submit', 'executionRole'], submit.executionRole, parseRole],
    [['align', 'sagemaker.role'], sagemaker?.role, parseRole],
    [['align', 'sagemaker.imageUri'], sagemaker?.imageUri, parseImageUri],
    [['partition', 'role'], partition?.role, parseRole],
    [['partition', 'imageUri'], partition?.imageUri, parseImageUri],
  ];
  const wrongNames = names.flatMap(([path, value, parse]) =>
    value === undefined ? [] : mistakesOf(path, () => parse(value)),
  );
  return [
    ...(withoutSlash(inputPrefix) === withoutSlash(outputPrefix)
      ? [{ path: ['outputPrefix'], message: 'is the input prefix: the graph would lie among the tables' }]
      : []),
    ...(partition !== undefined && withoutSlash(inputPrefix) === withoutSlash(partition.outputPrefix)
      ? [
          {
            path: ['partition', 'outputPrefix'],
            message: 'is the input prefix: the partitions would lie among the tables',
          },
        ]
      : []),
    ...wrongNames,
    ...(wrongNames.some(({ path }) => path[0] === 'setup') || setup === undefined
      ? []
      : mistakesOf(['setup'], () => setupSettings(setupOptionsOf({ outputPrefix, setup })))),
    ...mistakesOf(['submit'], () =>
      checkArguments({
        ...submit,
        ...{ inputPrefix, outputPrefix, configFilename: settings.configFilename },
        ...{ executionRole: '', applicationName: undefined, applicationId: '-' },
      }),
    ),
    ...applicationMistakes(settings),
    ...mistakesOf(['align'], () => requireSageMaker({ fallback, sagemaker })),
    ...(partition === undefined
      ? []
      : mistakesOf(['partition'], () => checkPartitionOptions({ ...partition, inputPrefix: outputPrefix }))),
  ];
}

/** What the set-up is told, with the bucket that follows from where the graph goes. */
export function setupOptionsOf({
  outputPrefix,
  setup,
}: {
  outputPrefix: string;
  setup: NonNullable<WalkSettings['setup']>;
}): Parameters<typeof setupSettings>[0] {
  return { ...setup, bucket: setup.bucket ?? parseS3Url(outputPrefix).bucket };
}

function applicationMistakes({ setup, submit }: WalkSettings): WalkMistake[] {
  const { applicationId, applicationName, executionRole } = submit;
  if (setup !== undefined) {
    return Object.entries({ applicationId, applicationName, executionRole })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => ({ path: ['submit', name], message: 'is what `setup` makes: leave out one of them' }));
  }
  const missing: WalkMistake[] = [];
  if ((applicationId === undefined) === (applicationName === undefined)) {
    missing.push({ path: ['submit'], message: 'needs `applicationId` or `applicationName`, or a `setup`' });
  }
  if (executionRole === undefined) {
    missing.push({ path: ['submit'], message: 'needs `executionRole`, or a `setup`' });
  }
  return missing;
}

/** An option that a message names is where the mistake is. */
function mistakesOf(path: readonly string[], check: () => unknown): WalkMistake[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof RepartitionError) || error.code !== 'usage') throw error;
    const hint = error.hint === undefined ? '' : `. ${error.hint}`;
    const [start = '', named] = path.length === 1 ? (/^`(\w+)` /.exec(error.message) ?? []) : [];
    const message = `${error.message.slice(start.length)}${hint}`;
    return [{ path: named === undefined ? path : [...path, named], message }];
  }
}

function withoutSlash(url: string): string {
  return asS3Url(url).replace(/\/+$/, '');
}
