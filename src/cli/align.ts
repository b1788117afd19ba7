/** What the command without a name does. */
import type { Session } from './command.js';
import { versioned } from './documents.js';
import { usage } from './options.js';
import { addReport } from './report.js';
import { type AlignValues, prepareOptionsFrom } from './run-options.js';
import { runWithReport } from './run-report.js';
import { describeSummary } from './run-summary.js';
import { EXIT } from './world.js';

/** @returns the exit code */
export async function align(values: AlignValues, session: Session): Promise<number> {
  if (values['dry-run']) return (await import('./commands/plan.js')).showPlan(values, session);
  if (values['price-table'] !== undefined) {
    throw usage('--price-table says what a plan costs, and this is a run', 'Add --dry-run, or leave it out.');
  }
  const { log, progress, print, printDocument } = session;
  const { concurrency } = values;
  const options = {
    ...prepareOptionsFrom(values, session),
    ...(values.remake && { remake: true }),
    ...(concurrency !== undefined && { concurrency }),
  };
  const { summary, report } = await runWithReport(values, session, options);
  progress.stop();
  // In the words of GraphStorm's own command, whose logs people search.
  const { updatedMetadata } = summary;
  const verb = updatedMetadata.includes('://') ? 'Uploaded' : 'Wrote';
  log.info(`${verb} updated metadata file to ${updatedMetadata}`);
  log.info(`File repartitioning time: ${summary.seconds.toFixed(3)} seconds`);
  if (values.json) printDocument(versioned('alignment', summary));
  else if (!values.quiet) {
    const { columns } = session.world.stdout;
    for (const line of describeSummary(summary, { kind: values.summary, columns })) print(line);
  }
  const isWritten = await addReport(values, session, () => Promise.resolve(report));
  return isWritten ? EXIT.success : EXIT.failure;
}
