/** `gs-repartition upload --from … --input-prefix …`: the input tables to S3. */
import { uploadInputs, type UploadResult } from '../aws/index.js';
import { awsOptions, withAws } from './aws-options.js';
import { defineCommand } from './command.js';
import { titles } from './commands/titles.js';
import { versioned } from './documents.js';
import { formatBytes, plural } from './format.js';
import { alias, flag, required, text } from './options.js';
import { EXIT } from './world.js';

export const uploadOptions = {
  from: required(text('The folder of the input tables and their configuration')),
  'input-prefix': required(text('Where they go: s3://bucket/prefix')),
  'config-filename': alias(
    'config-file',
    text('The configuration, in that folder: it goes last, and the tables that it names are looked for'),
  ),
};

export const uploadCommand = defineCommand({
  ...titles.upload,
  usage: '--from <folder> --input-prefix <s3://bucket/prefix> [options]',
  options: {
    ...uploadOptions,
    'dry-run': flag('Print the requests as JSON and upload nothing'),
    ...awsOptions,
  },
  examples: [
    [
      '$0 upload --from tables --input-prefix s3://bucket/tables --config-filename config.json',
      'Upload what is new or has changed',
    ],
  ],
  async run(values, session) {
    const { log, progress, signal, print, printDocument } = session;
    const dryRun = values['dry-run'];
    const result = await withAws(values, (aws) =>
      uploadInputs(
        aws,
        {
          from: values.from,
          inputPrefix: values['input-prefix'],
          configFilename: values['config-filename'],
        },
        {
          dryRun,
          signal,
          log,
          onStep: ({ title }) => (dryRun ? log.info(`would ${title}`) : log.debug(title)),
          onProgress: (at) => progress.report({ phase: 'upload', ...at }),
        },
      ),
    );
    progress.stop();
    const { steps, ...done } = result;
    if (dryRun) printDocument(versioned('upload', { status: 'planned', ...done, steps }));
    else if (values.json) printDocument(versioned('upload', { status: 'succeeded', ...done }));
    else print(describeUpload(result));
    return EXIT.success;
  },
});

/** `Uploaded 3 files (1.20 MB) to s3://bucket/tables; 2 files (4.00 kB) were there already.` */
function describeUpload({ inputPrefix, uploaded, there }: UploadResult): string {
  const amount = ({ files, bytes }: UploadResult['there']): string =>
    `${plural(files, 'file')} (${formatBytes(bytes)})`;
  if (uploaded.files === 0) return `Everything is under ${inputPrefix} already: ${amount(there)}.`;
  const rest =
    there.files === 0 ? '' : `; ${amount(there)} ${there.files === 1 ? 'was' : 'were'} there already`;
  return `Uploaded ${amount(uploaded)} to ${inputPrefix}${rest}.`;
}
