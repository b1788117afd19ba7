/** Where the work is done: in threads of this process, or on Spark. */
import type { ClusterOptions } from '../repartition/api.js';
import { BadValue, choice, many, type Option, text, usage, type Values, withDefault } from './options.js';

export const sparkOptions = {
  engine: withDefault(choice('Where footers are read and parts are made', ['threads', 'spark']), 'threads'),
  'spark-master': text('With --engine spark: yarn, spark://host:7077, local[4] (as its configuration says)'),
  'spark-conf': many(setting('With --engine spark: configuration, key=value; can be given several times')),
  'spark-submit': text('With --engine spark: its program (the spark-submit on the PATH unless given)'),
};

export function sparkFrom(values: Values<typeof sparkOptions>): ClusterOptions {
  const { 'spark-master': master, 'spark-conf': conf, 'spark-submit': submit } = values;
  if (values.engine === 'spark') {
    return {
      spark: {
        ...(master !== undefined && { master }),
        ...(conf !== undefined && { conf }),
        ...(submit !== undefined && { submit }),
      },
    };
  }
  const given = Object.entries({ master, conf, submit }).find(([, value]) => value !== undefined);
  if (given) throw usage(`--spark-${given[0]} is for a run on Spark`, 'Add --engine spark, or leave it out.');
  return {};
}

function setting(describe: string): Option<string | undefined> {
  const parse = (typed: string): string => {
    if (!/^[^\s=]+=/.test(typed)) throw new BadValue('must be key=value');
    return typed;
  };
  return { describe, parse };
}
