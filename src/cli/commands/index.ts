/** All commands. */
import type { Command } from '../command.js';
import { emrServerlessCommands } from '../emr-serverless.js';
import { sagemakerCommands } from '../sagemaker.js';
import { repartitionCommand } from './repartition.js';
import { verifyCommand } from './verify.js';

export const commands: readonly Command[] = [
  repartitionCommand,
  verifyCommand,
  ...emrServerlessCommands,
  ...sagemakerCommands,
];
