/** bench/results: raw reports, and the tables and plots that are made of them. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { formatExecutors } from './executors/format.js';
import type { ExecutorsReport } from './executors/report.js';
import { formatReport, table } from './format-report.js';
import { fileOf, pictureOf, type Plot } from './plots/plot.js';
import { peersPlots } from './plots/peers.js';
import { s3Plots } from './plots/s3.js';
import { modelPlots } from './plots/s3-model.js';
import { scalingPlots } from './plots/scaling.js';
import { THEMES } from './plots/theme.js';
import type { RunReport } from './report.js';
import { formatS3 } from './s3/format.js';
import type { S3Report } from './s3/report.js';
import { formatModel } from './s3-model/format.js';
import type { ModelReport } from './s3-model/report.js';
import { formatScaling } from './scaling/format.js';
import type { ScalingReport } from './scaling/report.js';

export type Report = RunReport | S3Report | ModelReport | ScalingReport | ExecutorsReport;

export function format(report: Report): string {
  switch (report.kind) {
    case 'peers':
      return formatReport(report);
    case 's3':
      return formatS3(report);
    case 's3-model':
      return formatModel(report);
    case 'scaling':
      return formatScaling(report);
    case 'executors':
      return formatExecutors(report);
  }
}

function plotsOf(report: Report): Plot[] {
  switch (report.kind) {
    case 'peers':
      return peersPlots(report);
    case 's3':
      return s3Plots(report);
    case 's3-model':
      return modelPlots(report);
    case 'scaling':
      return scalingPlots(report);
    case 'executors':
      return [];
  }
}

/** Writes the raw report, its table and plots, and the table of targets over all reports in the folder. */
export async function save(report: Report, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFormatted(join(folder, `${report.preset}.json`), JSON.stringify(report, undefined, 2));
  await render(folder);
}

/** Makes tables and plots of all raw reports in the folder. @returns the presets that there are */
export async function render(folder: string): Promise<string[]> {
  // Loaded when needed: a benchmark that only prints should not wait for it.
  const { renderSvg } = await import('./plots/render.js');
  const reports = await readReports(folder);
  for (const report of reports) {
    const plots = plotsOf(report);
    for (const plot of plots) {
      for (const theme of THEMES) {
        await writeFile(join(folder, fileOf(plot, theme)), await renderSvg(plot.draw(theme), theme));
      }
    }
    const pictures = plots.map((plot) => pictureOf(plot));
    const text = [`# Preset \`${report.preset}\``, ...pictures, format(report)].join('\n\n');
    await writeFormatted(join(folder, `${report.preset}.md`), text);
  }
  await replaceBlock(join(folder, 'README.md'), 'targets', targetsBlock(reports));
  return reports.map(({ preset }) => preset);
}

export async function readReports(folder: string): Promise<Report[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const reports = names.map(
    async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown,
  );
  return (await Promise.all(reports)).filter(isReport);
}

/** Other JSON in the folder is none of ours. */
function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'kind' in value && 'preset' in value;
}

function targetsBlock(reports: readonly Report[]): string {
  const rows = reports
    // The quick preset shows that everything runs; at its sizes, starting programs is most of the time.
    .filter(({ preset }) => preset !== 'quick')
    .flatMap(({ preset, ran, machine, targets }) =>
      targets.map(({ target, graph, value, met }) => [
        target,
        graph,
        String(value),
        met ? 'yes' : '**no**',
        `[${preset}](${preset}.md), ${ran.date}, ${machine.commit}`,
      ]),
    );
  return rows.length === 0
    ? 'Nothing is measured yet.'
    : table(['target', 'graph', 'measured', 'met', 'run'], rows);
}

/** As `npm run lint` wants it. */
async function writeFormatted(file: string, text: string): Promise<void> {
  const options = await prettier.resolveConfig(file);
  await writeFile(file, await prettier.format(text, { ...options, filepath: file }));
}

/** Puts text between `<!-- NAME -->` and `<!-- /NAME -->` of a document, if it has such a place. */
export async function replaceBlock(file: string, name: string, text: string): Promise<void> {
  const document = await readFile(file, 'utf8').catch(() => undefined);
  if (document === undefined) return;
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) return;
  const replaced = `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`;
  await writeFormatted(file, replaced);
}
