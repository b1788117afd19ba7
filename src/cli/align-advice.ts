/** The command that aligns a graph, for a person who is told that nobody did. */
import type { PrepareOptions } from '../repartition/api.js';
import { resumeCommand } from '../repartition/options.js';
import { readS3Options } from './s3-options.js';

/** What a graph's documents are called, where they are called otherwise than usual. */
type Names = Pick<PrepareOptions, 'inputMetadataFileName' | 'updatedMetadataFileName'>;

/**
 * With the options for S3 of the command that says so.
 * @param values of its options
 */
export function alignCommand(
  inputPrefix: string,
  values: Readonly<Record<string, unknown>>,
  names: Names = {},
): string {
  const s3 = readS3Options(values);
  return resumeCommand({ inputPrefix, ...names, ...(s3 && { s3 }) });
}

/** The same as a line of its own. */
export function alignAdvice(...of: Parameters<typeof alignCommand>): string {
  return `  align it with: ${alignCommand(...of)}`;
}
