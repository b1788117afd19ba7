/** `--report FILE`: a page that explains what happened. It is one file and asks no network. */
import { existsSync, readFileSync } from 'node:fs';
import type { ReportDocument } from '../repartition/index.js';
import { withoutSecrets } from '../repartition/secrets.js';
import { PRICES, priceOf, type PriceTable } from '../s3/price.js';
import { locate, openStorage, splitPath } from '../storages.js';
import type { Session } from './command.js';
import { describeFailure, tellFailure } from './failure.js';
import { type OptionSet, usage, type Values } from './options.js';
import type { reportOption } from './report-option.js';
import { readS3Options } from './s3-options.js';

type ReportValues = Values<typeof reportOption> & Readonly<Record<string, unknown>>;

/** Where the template's data belong. */
const PLACE = '"report data"';

/**
 * The page with a report in it, and no network. What is in the report is data: no name in it can become markup.
 * @internal
 */
export function reportPage(report: ReportDocument): string {
  // src/cli and dist/bin are equally far from it.
  const template = readFileSync(new URL('../../dist/bin/report-page.html', import.meta.url), 'utf8');
  const [before, after] = template.split(PLACE) as [string, string];
  return before + escaped(JSON.stringify(report)) + after;
}

/** JSON that can stand in a script element: nothing in it ends one, or begins a comment. The line ends are for old readers. */
function escaped(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * Writes the page, if one was asked for; also when the work was interrupted.
 * @throws RepartitionError `usage`, `access`, `storage`
 */
export async function writeReport(
  values: ReportValues,
  { log }: Session,
  report: ReportDocument,
): Promise<void> {
  const target = values.report;
  if (target === undefined) return;
  const [folder, name] = requireTarget(target);
  const storage = await openStorage(await locate(folder, readS3Options(values)));
  try {
    const bytes = new TextEncoder().encode(reportPage(report));
    await storage.compose(name, [{ kind: 'bytes', bytes }]);
    log.info(`Wrote the report to ${storage.describe(name)}`);
  } finally {
    await storage.close();
  }
}

/**
 * Writes the page, if one was asked for, after the result was told: what becomes of the page changes nothing in that.
 * @returns whether all went well; if not, one line on standard error says why
 */
export async function addReport(
  values: ReportValues,
  session: Session,
  make: () => Promise<ReportDocument | undefined>,
): Promise<boolean> {
  if (values.report === undefined) return true;
  try {
    const report = await make();
    if (report) await writeReport(values, session, report);
    return true;
  } catch (error) {
    tellFailure(describeFailure(error, Object.keys(values)), session.log);
    return false;
  }
}

/**
 * To be asked before the work begins.
 * @throws RepartitionError `usage` when it is no file, or its folder on a disk is not there: a mistyped one is not made
 */
export function requireTarget(target: string): [folder: string, name: string] {
  const [folder, name] = splitPath(target);
  if (name === undefined) {
    throw usage('--report must name a file', 'Give one like report.html or s3://bucket/report.html.');
  }
  if (!folder.includes('://') && !existsSync(folder)) {
    throw usage(`--report ${target}: there is no folder ${folder}`, 'Make it, or give another place.');
  }
  return [folder, name];
}

/** All that was typed or set and is no usual value, as a person would type it. */
export function settingsOf(
  options: OptionSet,
  values: Readonly<Record<string, unknown>>,
): ReportDocument['settings'] {
  return Object.keys(options).flatMap((name) => {
    const value = name === 'spark-conf' ? shownConf(values[name]) : values[name];
    if (value === undefined || value === false || name === 'report') return [];
    const shown = typeof value === 'string' ? value : value === true ? 'yes' : JSON.stringify(value);
    return [{ name: `--${name}`, value: shown }];
  });
}

/** The page is passed on, as a prefix's status is: what is secret there is secret here. */
function shownConf(conf: unknown): string[] | undefined {
  const shown = withoutSecrets((conf ?? []) as string[]);
  return shown.length > 0 ? shown : undefined;
}

/** A report with the price of its requests. */
export function withPrice(report: ReportDocument, prices: PriceTable = PRICES): ReportDocument {
  const { requests } = report;
  if (!requests) return report;
  const { currency, date } = prices;
  return {
    ...report,
    requests: { ...requests, price: { amount: priceOf(requests.byOperation, prices), currency, date } },
  };
}
