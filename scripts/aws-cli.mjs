// The AWS command line, which the tests put beside ours: into a folder of its own, since it pins what boto3 is made of.
// Prints the folder for PYTHONPATH.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInto, mustRun } from './pip-folder.mjs';

mustRun(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'python-env.mjs')]);
console.log(installInto('awscli', 'test/shell/requirements.txt', 'the AWS command line (some 150 MB)'));
