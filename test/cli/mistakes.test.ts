/**
 * Mistakes of people, each with the one line that they get: what is wrong, where, what to do. Reviewed together, so that
 * they speak with one voice. Through the command line with its real engine in this process, and some as real processes.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { engine } from '../../src/cli/engine.js';
import { errorLines, gsRepartition } from '../graphs/command.js';
import { type Metadata } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';
import { attempt } from './try.js';

const folder = mkdtempSync(join(tmpdir(), 'gs-repartition-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `{names}` stand for. */
const places: Record<string, string> = {
  graph: join(folder, 'parent', 'movies'),
  parent: join(folder, 'parent'),
  empty: join(folder, 'parent', 'empty'),
  csv: graphWith('csv', ({ node_data: { movie = {} } = {} }) => {
    Object.assign(Object.values(movie)[0]!, { format: { name: 'csv', delimiter: ',' } });
  }),
  totals: graphWith('totals', ({ num_nodes_per_type: counts = [], node_type: types }) => {
    counts[types.indexOf('movie')] = 99;
  }),
  here: process.cwd(),
};
mkdirSync(places['empty']!, { recursive: true });
cpSync(join(repositoryRoot, 'test/fixtures/movies'), places['graph']!, { recursive: true });

function graphWith(name: string, edit: (metadata: Metadata) => void): string {
  const graph = join(folder, name);
  cpSync(join(repositoryRoot, 'test/fixtures/movies'), graph, { recursive: true });
  const file = join(graph, 'metadata.json');
  const metadata = JSON.parse(readFileSync(file, 'utf8')) as Metadata;
  edit(metadata);
  writeFileSync(file, JSON.stringify(metadata));
  return graph;
}

function filled(text: string): string {
  return text.replaceAll(/\{(\w+)\}/g, (name, place: string) => places[place] ?? name);
}

/** Exit code, words, and what follows `gs-repartition: `. */
const mistakes: readonly (readonly [code: number, line: string, message: string])[] = [
  [2, '', '--input-prefix is required. See gs-repartition --help.'],
  [2, 'verify', '--input-prefix is required. See gs-repartition verify --help.'],
  [2, 'plan', '--input-prefix is required. See gs-repartition plan --help.'],
  [2, 'clean', '--input-prefix is required. See gs-repartition clean --help.'],
  [2, 'status', '--input-prefix is required. See gs-repartition status --help.'],
  [2, '/data/graph', 'unexpected argument "/data/graph". Did you mean --input-prefix /data/graph?'],
  [
    2,
    's3://bucket/graph',
    'unexpected argument "s3://bucket/graph". Did you mean --input-prefix s3://bucket/graph?',
  ],
  [2, 'plan ./graph', 'unexpected argument "./graph". Did you mean --input-prefix ./graph?'],
  [2, 'verify graph/', 'unexpected argument "graph/". Did you mean --input-prefix graph/?'],
  [
    2,
    'C:\\graphs\\movies',
    'unexpected argument "C:\\\\graphs\\\\movies". Did you mean --input-prefix C:\\graphs\\movies?',
  ],
  [
    2,
    '--input-prefix /g more',
    'unexpected argument "more". Every option takes one value; see gs-repartition --help.',
  ],
  [
    2,
    '--input-prefix /a /b /c',
    'unexpected argument "/b". Every option takes one value; see gs-repartition --help.',
  ],
  [
    2,
    'plan verify',
    'unexpected argument "verify". Every option takes one value; see gs-repartition plan --help.',
  ],
  [2, 'verfy --input-prefix /g', 'unknown command verfy. Did you mean verify?'],
  [2, 'statsu --input-prefix /g', 'unknown command statsu. Did you mean status?'],
  [
    2,
    'repartition --input-prefix /g',
    'unexpected argument "repartition". The alignment has no word of its own: gs-repartition --input-prefix <folder or s3://bucket/prefix>.',
  ],
  [
    2,
    'align --input-prefix /g',
    'unexpected argument "align". The alignment has no word of its own: gs-repartition --input-prefix <folder or s3://bucket/prefix>.',
  ],
  [2, 'version', 'unexpected argument "version". Did you mean --version?'],
  [2, 'submit', 'unexpected argument "submit". Did you mean emr-serverless submit or sagemaker submit?'],
  [
    2,
    'emr-serverless',
    'which command of emr-serverless? There are setup, submit, submit-alignment, status, cancel, list.',
  ],
  [2, 'emr-serverless sbmit', 'unknown command emr-serverless sbmit. Did you mean emr-serverless submit?'],
  [
    2,
    'emr-serverless run',
    'unknown command emr-serverless run. There are setup, submit, submit-alignment, status, cancel, list.',
  ],
  [2, 'sagemaker', 'which command of sagemaker? There is submit.'],
  [2, 'sagemaker sumbit', 'unknown command sagemaker sumbit. Did you mean sagemaker submit?'],
  [2, 'completion', 'which command of completion? There are bash, zsh, fish.'],
  [2, 'completion tcsh', 'unknown command completion tcsh. There are bash, zsh, fish.'],
  [2, 'completion csh', 'unknown command completion csh. Did you mean completion zsh?'],
  [2, '--input-prefix', '--input-prefix needs a value. See gs-repartition --help.'],
  [2, '--input-prefix=', '--input-prefix must not be empty.'],
  [2, '--input-prefix --recount', '--input-prefix needs a value. See gs-repartition --help.'],
  [2, '--input-prefix /a --input-prefix /b', '--input-prefix was given more than once.'],
  [2, '--input-prefx /g', 'unknown option --input-prefx. Did you mean --input-prefix?'],
  [2, '--input /g', '--input may be --input-prefix or --input-metadata-file-name. Write more of it.'],
  [2, '-i /g', 'unknown option -i. Did you mean --input-prefix?'],
  [2, '--path /g', '--path-style must be True or False, not "/g".'],
  [2, '--prefix /g', 'unknown option --prefix. Did you mean --input-prefix?'],
  [
    2,
    '--output-prefix /g',
    'unknown option --output-prefix. There is no other output: new parts are made beside the old ones under --input-prefix, which stay as they are.',
  ],
  [
    2,
    '--input-prefix /g --output-prefix /h',
    'unknown option --output-prefix. There is no other output: new parts are made beside the old ones under --input-prefix, which stay as they are.',
  ],
  [
    2,
    '--input-prefix /g -o /h',
    'unknown option -o. There is no other output: new parts are made beside the old ones under --input-prefix, which stay as they are.',
  ],
  [
    2,
    '--input-prefix /g --output /h',
    'unknown option --output. There is no other output: new parts are made beside the old ones under --input-prefix, which stay as they are.',
  ],
  [
    2,
    '--input-prefix /g --overwrite',
    'unknown option --overwrite. Nothing is overwritten: new parts are made beside the old ones; --remake makes them again.',
  ],
  [
    2,
    '--input-prefix /g --force',
    'unknown option --force. Nothing is overwritten: new parts are made beside the old ones; --remake makes them again.',
  ],
  [2, '--input-prefix /g --threads 4', 'unknown option --threads. Did you mean --concurrency?'],
  [2, '--input-prefix /g --num-workers 4', 'unknown option --num-workers. Did you mean --concurrency?'],
  [2, '--input-prefix /g -j 4', 'unknown option -j. Did you mean --concurrency?'],
  [
    2,
    '--input-prefix /g --num-partitions 4',
    'unknown option --num-partitions. Did you mean --num-output-files?',
  ],
  [2, '--input-prefix /g --verbose', 'unknown option --verbose. Did you mean --log-level DEBUG?'],
  [2, '--input-prefix /g -v', 'unknown option -v. Did you mean --log-level DEBUG?'],
  [2, '--input-prefix /g -q', 'unknown option -q. Did you mean --quiet?'],
  [2, '--input-prefix /g --silent', 'unknown option --silent. Did you mean --quiet?'],
  [2, '--input-prefix /g -n', 'unknown option -n. Did you mean --dry-run?'],
  [2, '-V', 'unknown option -V. Did you mean --version?'],
  [
    2,
    '--input-prefix s3://bucket/g --aws-profile me',
    'unknown option --aws-profile. Did you mean --profile?',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --no-sign-request',
    'unknown option --no-sign-request. Requests are always signed: give credentials of any account, by --profile or the environment.',
  ],
  [2, '--input-prefix /g --colour', 'unknown option --colour. See gs-repartition --help.'],
  [2, '--input-prefix /g -x', 'unknown option -x. See gs-repartition --help.'],
  [2, '--input-prefix /g -json', 'unknown option -json. Did you mean --json?'],
  [2, '--input-prefix /g --no-recount', 'unknown option --no-recount. See gs-repartition --help.'],
  [2, '--input-prefix /g --no-json', 'unknown option --no-json. See gs-repartition --help.'],
  [
    2,
    'verify --input-prefix /g --recount',
    'unknown option --recount. gs-repartition and gs-repartition plan have it.',
  ],
  [
    2,
    'verify --input-prefix /g --num-output-files 4',
    'unknown option --num-output-files. gs-repartition and gs-repartition plan have it.',
  ],
  [2, 'plan --input-prefix /g --deep', 'unknown option --deep. gs-repartition verify has it.'],
  [2, 'plan --input-prefix /g --yes', 'unknown option --yes. gs-repartition clean has it.'],
  [
    2,
    'status --input-prefix /g --world-size 4',
    'unknown option --world-size. gs-repartition verify has it.',
  ],
  [2, 'clean --input-prefix /g --dry-run', 'unknown option --dry-run. Without --yes nothing is changed.'],
  [2, '--input-prefix /g --s', '--streaming-repartitioning needs a value. See gs-repartition --help.'],
  [
    2,
    '--input-prefix /g --max 3',
    '--max may be --max-attempts or --max-concurrent-requests. Write more of it.',
  ],
  [2, '--input-prefix /g --concurrency', '--concurrency needs a value. See gs-repartition --help.'],
  [2, '--input-prefix /g --concurrency 0', '--concurrency must be a whole number of at least 1, not "0".'],
  [
    2,
    '--input-prefix /g --concurrency many',
    '--concurrency must be a whole number of at least 1, not "many".',
  ],
  [2, '--input-prefix /g --concurrency=', '--concurrency must not be empty.'],
  [
    2,
    '--input-prefix /g --concurrency 1.5',
    '--concurrency must be a whole number of at least 1, not "1.5".',
  ],
  [
    2,
    '--input-prefix /g --num-output-files -3',
    '--num-output-files must be a whole number of at least 1, not "-3".',
  ],
  [
    2,
    '--input-prefix /g --num-output-files 1e3',
    '--num-output-files must be a whole number of at least 1, not "1e3".',
  ],
  [
    2,
    '--input-prefix /g --num-output-files 4 --num-output-files 5',
    '--num-output-files was given more than once.',
  ],
  [2, '--input-prefix /g --memory 512', '--memory must be a size such as 512MB or 2GB, not "512".'],
  [2, '--input-prefix /g --memory lots', '--memory must be a size such as 512MB or 2GB, not "lots".'],
  [2, '--input-prefix /g --memory -1GB', '--memory must be a size such as 512MB or 2GB, not "-1GB".'],
  [
    2,
    '--input-prefix /g --target-layout biggest',
    '--target-layout must be one of fewest-bytes, most-frequent, not "biggest".',
  ],
  [
    2,
    '--input-prefix /g --target-layout fewest-bytes --num-output-files 3',
    '--target-layout and --num-output-files exclude each other. Give one of them.',
  ],
  [
    2,
    '--input-prefix /g --log-level LOUD',
    '--log-level must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not "LOUD".',
  ],
  [2, '--input-prefix /g --log-format xml', '--log-format must be one of text, json, not "xml".'],
  [2, '--input-prefix /g --summary long', '--summary must be one of full, short, not "long".'],
  [
    2,
    '--input-prefix /g --price-table p.json',
    '--price-table says what a plan costs, and this is a run. Add --dry-run, or leave it out.',
  ],
  [
    2,
    'plan --input-prefix /g --price-table /nowhere.json',
    '/nowhere.json cannot be read: no such file or directory. Give the path of a price table with --price-table, or leave it out for the prices of us-east-1.',
  ],
  [
    2,
    'plan --input-prefix /g --price-table /etc/hostname',
    '/etc/hostname: not valid JSON. Write it like this: {"date":"2026-11-01","currency":"USD","perThousand":{"write":0.005,"read":0.0004}}.',
  ],
  [
    2,
    '--input-prefix /g --metadata-file-name a --input-metadata-file-name b',
    '--input-metadata-file-name was given more than once.',
  ],
  [
    1,
    '--input-prefix /g --input-metadata-file-name sub/m.json',
    'there is no folder /g. Check the path, and give the folder that gs-processing wrote to.',
  ],
  [
    2,
    '--input-prefix /g --updated-metadata-file-name ../m.json',
    '--updated-metadata-file-name must name a file inside the prefix, not "../m.json". Give a name relative to the prefix.',
  ],
  [
    2,
    '--input-prefix /g --updated-metadata-file-name metadata.json',
    'the updated metadata would overwrite its input, metadata.json. Give the two different names.',
  ],
  [
    2,
    '--input-prefix /g --updated-metadata-file-name repartition_status.json',
    "--updated-metadata-file-name cannot be repartition_status.json, which holds the run's status. Give another name.",
  ],
  [2, '--input-prefix s3://bucket/g --path-style maybe', '--path-style must be True or False, not "maybe".'],
  [
    2,
    '--input-prefix s3://bucket/g --sse rot13',
    '--sse must be one of AES256, aws:kms, aws:kms:dsse, not "rot13".',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --sse AES256 --sse-kms-key-id k',
    'a KMS key id was given together with AES256 encryption. Use --sse aws:kms with the key, or leave the key out.',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --endpoint-url localhost:9000',
    '--endpoint-url must be a URL such as https://host:port, but is "localhost:9000".',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --endpoint-url http://me:secret@localhost:9000',
    '--endpoint-url must be a URL such as https://host:port.',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --expected-bucket-owner me',
    '--expected-bucket-owner must be an account id of 12 digits, but is "me".',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --region US',
    '--region must be the name of a region, such as us-east-1, but is "US".',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --max-attempts 0',
    '--max-attempts must be a whole number of at least 1, not "0".',
  ],
  [
    2,
    '--input-prefix s3://bucket/g --s3-checksums never',
    '--s3-checksums must be one of when-supported, when-required, not "never".',
  ],
  [2, '--input-prefix s3://', 'not a bucket name: "" in s3://. Write the prefix as s3://bucket/prefix.'],
  [2, '--input-prefix s3:bucket/graph', 'not an S3 prefix: s3:bucket/graph. Write it as s3://bucket/graph.'],
  [
    2,
    '--input-prefix s3:/bucket/graph',
    'not an S3 prefix: s3:/bucket/graph. Write it as s3://bucket/graph.',
  ],
  [
    2,
    '--input-prefix s3://ab',
    'not a bucket name: "ab" in s3://ab. Write the prefix as s3://bucket/prefix.',
  ],
  [
    2,
    '--input-prefix s3://My_Bucket!/graph',
    'not a bucket name: "My_Bucket!" in s3://My_Bucket!/graph. Write the prefix as s3://bucket/prefix.',
  ],
  [
    2,
    '--input-prefix s3://key:secret@bucket/graph',
    'keys don’t belong into an S3 prefix. Write the prefix as s3://bucket/prefix.',
  ],
  [
    2,
    '--input-prefix s3://bucket//graph',
    'the prefix of s3://bucket//graph has an empty folder name, "." or ".." in it. Write the prefix as s3://bucket/folder/folder.',
  ],
  [
    2,
    '--input-prefix s3://bucket/../graph',
    'the prefix of s3://bucket/../graph has an empty folder name, "." or ".." in it. Write the prefix as s3://bucket/folder/folder.',
  ],
  [
    2,
    '--input-prefix s3://arn:aws:s3:::bucket/graph',
    'arn:aws:s3:::bucket/graph is the ARN of a bucket, not the name of a bucket. Write s3://bucket/prefix.',
  ],
  [
    2,
    '--input-prefix s3x://bucket/graph',
    'there is no storage for prefixes that begin with s3x:. Write s3:// instead of s3x://.',
  ],
  [
    2,
    '--input-prefix arn:aws:s3:::bucket/graph',
    'there is no storage for prefixes that begin with arn:. Write s3://bucket/graph.',
  ],
  [
    2,
    '--input-prefix arn:aws:s3:us-east-1:123456789012:accesspoint/mine',
    'there is no storage for prefixes that begin with arn:. Write s3://bucket/prefix; of an access point its alias, which ends in -s3alias.',
  ],
  [
    2,
    '--input-prefix https://bucket.s3.eu-west-1.amazonaws.com/graph',
    'there is no storage for prefixes that begin with https:. Write s3://bucket/graph.',
  ],
  [
    2,
    '--input-prefix https://s3.eu-west-1.amazonaws.com/bucket/graph/',
    'there is no storage for prefixes that begin with https:. Write s3://bucket/graph.',
  ],
  [
    2,
    '--input-prefix https://s3.console.aws.amazon.com/s3/buckets/bucket?prefix=graph/',
    'there is no storage for prefixes that begin with https:. Write s3://bucket/graph.',
  ],
  [
    2,
    '--input-prefix https://example.com/graph',
    'there is no storage for prefixes that begin with https:. Give the prefix as s3://bucket/prefix, and a server that is not of AWS with --endpoint-url.',
  ],
  [
    2,
    '--input-prefix https://me:secret@example.com/graph',
    'there is no storage for prefixes that begin with https:. Give the prefix as s3://bucket/prefix, and a server that is not of AWS with --endpoint-url.',
  ],
  [
    2,
    '--input-prefix hdfs:///graph',
    'there is no storage for prefixes that begin with hdfs:. Copy the graph to a disk or to S3 (`hadoop distcp` and `rclone copy` do that), and give that.',
  ],
  [
    2,
    '--input-prefix gs://bucket/graph',
    'there is no storage for prefixes that begin with gs:. Copy the graph to a disk or to S3 (`hadoop distcp` and `rclone copy` do that), and give that.',
  ],
  [
    1,
    '--input-prefix C:\\graphs\\movies',
    'there is no folder {here}/C:\\graphs\\movies. That is a path of Windows, and this is another system: give the one that the folder has here, such as /mnt/c/graph.',
  ],
  [
    1,
    '--input-prefix C:/graphs/movies',
    'there is no folder {here}/C:/graphs/movies. That is a path of Windows, and this is another system: give the one that the folder has here, such as /mnt/c/graph.',
  ],
  [
    1,
    '--input-prefix \\\\server\\graphs',
    'there is no folder {here}/\\\\server\\graphs. That is a path of Windows, and this is another system: give the one that the folder has here, such as /mnt/c/graph.',
  ],
  [
    2,
    '--input-prefix file:graph',
    'not the URL of a folder: file:graph. Write it as file:///folder/folder, or as a path.',
  ],
  [
    2,
    '--input-prefix file://host/graph',
    'not the URL of a folder: file://host/graph. Write it as file:///folder/folder, or as a path.',
  ],
  [
    1,
    '--input-prefix /nowhere/graph',
    'there is no folder /nowhere/graph. Check the path, and give the folder that gs-processing wrote to.',
  ],
  [
    5,
    'verify --input-prefix /nowhere/graph',
    'there is no folder /nowhere/graph. Check the path, and give the folder that gs-processing wrote to.',
  ],
  [
    1,
    'plan --input-prefix /nowhere/graph',
    'there is no folder /nowhere/graph. Check the path, and give the folder that gs-processing wrote to.',
  ],
  [
    1,
    'status --input-prefix /nowhere/graph',
    'there is no folder /nowhere/graph. Check the path, and give the folder that gs-processing wrote to.',
  ],
  [
    1,
    'clean --input-prefix /nowhere/graph',
    'there is no folder /nowhere/graph. Check the path, and give the folder that gs-processing wrote to.',
  ],
  [
    1,
    '--input-prefix ~/graph',
    'there is no folder {here}/~/graph. No shell has put the home folder in the place of "~": write it out.',
  ],
  [
    1,
    '--input-prefix $GRAPH/movies',
    'there is no folder {here}/$GRAPH/movies. No shell has put a value in the place of "$GRAPH": write it out.',
  ],
  [
    1,
    'plan --input-prefix ${GRAPH}',
    'there is no folder {here}/${GRAPH}. No shell has put a value in the place of "${GRAPH}": write it out.',
  ],
  [
    1,
    '--input-prefix “/nowhere/graph”',
    'there is no folder {here}/“/nowhere/graph”. Its quotation marks are taken for letters of the name: leave them out.',
  ],
  [
    1,
    "--input-prefix '/nowhere/graph'",
    "there is no folder {here}/'/nowhere/graph'. Its quotation marks are taken for letters of the name: leave them out.",
  ],
  [
    1,
    '--input-prefix "movies"',
    'there is no folder {here}/"movies". Its quotation marks are taken for letters of the name: leave them out.',
  ],
  [
    2,
    '—input-prefix /g',
    'unexpected argument "—input-prefix". Its dash is not that of a keyboard: type --input-prefix.',
  ],
  [
    2,
    '--input-prefix /g –dry-run',
    'unexpected argument "–dry-run". Its dash is not that of a keyboard: type --dry-run.',
  ],
  [
    2,
    'verify ―deep --input-prefix /g',
    'unexpected argument "―deep". Its dash is not that of a keyboard: type --deep.',
  ],
  [2, 'help plan', 'unexpected argument "help". Help is an option: gs-repartition <command> --help.'],
  // A folder of the working directory, whose name could be any word.
  [2, 'plan docs', 'unexpected argument "docs". Did you mean --input-prefix docs?'],
  [2, 'clean --input-prefix /g -y', 'unknown option -y. Did you mean --yes?'],
  [2, '--input-prefix /g -y', 'unknown option -y. See gs-repartition --help.'],
  [
    1,
    '--input-prefix /nowhere/*',
    'there is no folder /nowhere/*. No shell has found anything for the pattern: give the name of one folder.',
  ],
  [
    1,
    '--input-prefix {graph}/metadata.json',
    '{graph}/metadata.json is a file, not a folder. Give the folder that it lies in: {graph}.',
  ],
  [
    5,
    'verify --input-prefix {graph}/metadata.json',
    '{graph}/metadata.json is a file, not a folder. Give the folder that it lies in: {graph}.',
  ],
  [
    1,
    'plan --input-prefix {graph}/metadata.json',
    '{graph}/metadata.json is a file, not a folder. Give the folder that it lies in: {graph}.',
  ],
  [
    1,
    'status --input-prefix {graph}/metadata.json',
    '{graph}/metadata.json is a file, not a folder. Give the folder that it lies in: {graph}.',
  ],
  [
    1,
    'clean --input-prefix {graph}/metadata.json',
    '{graph}/metadata.json is a file, not a folder. Give the folder that it lies in: {graph}.',
  ],
  [
    1,
    '--input-prefix {parent}',
    'no metadata.json under {parent}, but there is in folders below it. Give one of them as --input-prefix: {graph}.',
  ],
  [
    5,
    'verify --input-prefix {parent}',
    'no metadata.json under {parent}, but there is in folders below it. Give one of them as --input-prefix: {graph}.',
  ],
  [
    1,
    'plan --input-prefix {parent}',
    'no metadata.json under {parent}, but there is in folders below it. Give one of them as --input-prefix: {graph}.',
  ],
  [
    1,
    '--input-prefix {graph}/edges',
    'no metadata.json under {graph}/edges, but there is above it. Give that folder as --input-prefix: {graph}.',
  ],
  [
    2,
    '--input-prefix {graph} --report /nope/x/run.html',
    '--report /nope/x/run.html: there is no folder /nope/x. Make it, or give another place.',
  ],
  [
    1,
    '--input-prefix {empty}',
    'no metadata.json under {empty}. Give the prefix that gs-processing wrote to, or the name with --input-metadata-file-name.',
  ],
  [
    5,
    'verify --input-prefix {empty}',
    'neither updated_row_counts_metadata.json nor metadata.json under {empty}. Give the prefix that gs-processing wrote to, or the name with --metadata-file-name.',
  ],
  [
    1,
    '--input-prefix {graph} --input-metadata-file-name m.json',
    'no m.json under {graph}. There is metadata.json: give that with --input-metadata-file-name.',
  ],
  [
    5,
    'verify --input-prefix {graph} --metadata-file-name m.json',
    'no m.json under {graph}. There is metadata.json: give that with --metadata-file-name.',
  ],
  [
    1,
    '--input-prefix {csv}',
    '{csv}/metadata.json: node_data["movie"]["title_embedding"]: its format is "csv", only "parquet" can be aligned. GConstruct’s CSV cannot be aligned: let gs-processing write Parquet, or convert the files and the metadata.',
  ],
  [
    1,
    'plan --input-prefix {totals}',
    '{totals}/metadata.json: num_nodes_per_type says 99 for movie, but its node_data of movie, title_embedding has 3201 rows. Find out which is right; if the files are, run again with --recount.',
  ],
  [
    2,
    'emr-serverless setup',
    '--bucket and --image-uri are required. See gs-repartition emr-serverless setup --help.',
  ],
  [
    2,
    'emr-serverless submit',
    '--execution-role, --entry-point, --input-prefix, --output-prefix and --config-filename are required. See gs-repartition emr-serverless submit --help.',
  ],
  [
    2,
    'emr-serverless status --job-run-id j',
    '--application-id is required. See gs-repartition emr-serverless status --help.',
  ],
  [
    2,
    'emr-serverless cancel',
    '--application-id and --job-run-id are required. See gs-repartition emr-serverless cancel --help.',
  ],
  [
    2,
    'emr-serverless submit --application-id a --execution-role r --entry-point e --input-prefix s3://b/i --output-prefix s3://b/o --config-filename c --fallback sagemaker --wait',
    '--fallback sagemaker needs a role and an image. Give --sagemaker-role and --sagemaker-image-uri.',
  ],
  [
    2,
    'sagemaker submit',
    '--s3-input-prefix, --role and --image-uri are required. See gs-repartition sagemaker submit --help.',
  ],
  [
    2,
    'sagemaker submit --s3-input-prefix /data --role r --image-uri i',
    'not an S3 prefix: /data. Write it as s3://bucket/prefix.',
  ],
  [
    2,
    'sagemaker submit --input-prefix s3://bucket/g --role r --image-uri i',
    'unknown option --input-prefix. Did you mean --s3-input-prefix?',
  ],
  [
    2,
    '--input-prefix /graph --input-metadata-file-name a b',
    'unexpected argument "b". Every option takes one value; see gs-repartition --help.',
  ],
  [2, 'plan --dry-run --input-prefix /g', 'unknown option --dry-run. gs-repartition has it.'],
  [2, 'verify --input-prefix /g --summary short', 'unknown option --summary. gs-repartition has it.'],
];

test('there are a hundred of them, each once', () => {
  expect(new Set(mistakes.map(([, line]) => line)).size).toBe(mistakes.length);
  expect(mistakes.length).toBeGreaterThan(100);
});

test.each(mistakes)('[%d] `%s`: %s', async (code, line, message) => {
  const tried = await attempt(filled(line), { engine });
  const said = tried.stderr.split('\n').filter((one) => one.startsWith('gs-repartition: '));
  expect({ code: tried.code, said }).toEqual({ code, said: [`gs-repartition: ${filled(message)}`] });
  expect(tried.stdout).toBe('');
});

/** Of the table, for a process takes a tenth of a second. */
const EVERY = 9;

describe('as a process', () => {
  test.concurrent.each(mistakes.filter((_, i) => i % EVERY === 0))(
    '[%d] `%s`: %s',
    async (code, line, message) => {
      const words = filled(line)
        .split(' ')
        .filter((word) => word !== '');
      const outcome = await gsRepartition(words);
      expect({ code: outcome.code, said: errorLines(outcome) }).toEqual({
        code,
        said: [`gs-repartition: ${filled(message)}`],
      });
    },
  );
});
