/** All commands. */
import type { Command } from '../command.js';
import { repartitionCommand } from './repartition.js';
import { verifyCommand } from './verify.js';

export const commands: readonly Command[] = [repartitionCommand, verifyCommand];
