/** What may be said of a Spark job on EMR Serverless, whatever it does. */
import { pair, whole } from './aws-options.js';
import { many, text } from './options.js';

export const sparkJobOptions = {
  'client-token': text('Two submissions with one token start one job'),
  'spark-conf': many(pair('Spark configuration, key=value; can be given several times')),
  'spark-submit-parameters': text('More parameters of spark-submit'),
  'log-uri': text('Where the logs of driver and executors go: s3://bucket/prefix'),
  'log-group': text('CloudWatch’s log group, to have them there too'),
  'timeout-minutes': whole('Give the job up after so many minutes, 0 for never (12 hours unless given)', 0),
};
