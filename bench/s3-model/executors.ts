/**
 * The alignment on more and more executors of a local Spark, in the model of S3: time and requests of the run alone, since what
 * Spark takes to start does not depend on them. The latency decides, as long as there are processors for all of them.
 */
import { join } from 'node:path';
import { repartition, startSpark } from 'gs-repartition';
import { BenchError } from '../bench-error.js';
import type { Costs } from './costs.js';
import { boundaryGraph, PREFIX } from './graph.js';
import { CREDENTIALS, Model } from './model.js';

export interface ExecutorsRequest {
  executors: readonly number[];
  parts: number;
  partBytes: number;
  costs: Costs;
  /** `spark-submit`. */
  submit: string;
}

export interface ExecutorsRow {
  executors: number;
  seconds: number;
  gigabytesPerSecond: number;
  requests: number;
  /** Of the speed that so many times the first row's executors would have. */
  efficiency: number;
}

/** @throws BenchError when a run makes another number of parts than the others */
export async function measureExecutors(
  { executors, parts, partBytes, costs, submit }: ExecutorsRequest,
  folder: string,
  log: (line: string) => void,
): Promise<ExecutorsRow[]> {
  const { recipe } = await boundaryGraph(parts, partBytes, folder);
  const model = await Model.start(recipe, costs, join(folder, 'model'));
  Object.assign(process.env, CREDENTIALS);
  const rows: ExecutorsRow[] = [];
  try {
    for (const count of executors) {
      const cluster = await startSpark({
        master: `local-cluster[${count},1,512]`,
        submit,
        conf: ['spark.executor.memory=512m', 'spark.ui.enabled=false', 'spark.driver.host=127.0.0.1'],
      });
      const place = {
        inputPrefix: `s3://${model.bucket}/${PREFIX}`,
        s3: { endpointUrl: model.endpoint, region: 'us-east-1' },
        cluster,
      };
      try {
        // Every executor has its worker, and every worker its connections.
        await repartition(place);
        await model.restore();
        await model.reset();
        const { seconds, bytes, parts: made } = await repartition(place);
        if (made.spliced !== parts) {
          throw new BenchError(`${made.spliced} parts were made where ${parts} belong`, 'Look at the model.');
        }
        const { requests } = await model.stats();
        const [first = { executors: count, seconds }] = rows;
        rows.push({
          executors: count,
          seconds,
          gigabytesPerSecond: bytes.copied / seconds / 1e9,
          requests: Object.values(requests).reduce((sum, of) => sum + of, 0),
          efficiency: (first.seconds * first.executors) / (seconds * count),
        });
        log(JSON.stringify(rows.at(-1)));
      } finally {
        await cluster.close();
        await model.restore();
      }
    }
  } finally {
    await model.stop();
  }
  return rows;
}
