/** A plot, as what it shows: drawn once for each theme. */
import type { TopLevelSpec } from 'vega-lite';
import type { Theme } from './theme.js';

export interface Plot {
  /** Of its files: `NAME-light.svg`, `NAME-dark.svg`. */
  name: string;
  /** For those who cannot see it. */
  alt: string;
  draw: (theme: Theme) => TopLevelSpec;
}

/** What stands beside another in a plot. */
export type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];

export const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

export function fileOf({ name }: Plot, theme: Theme): string {
  return `${name}-${theme}.svg`;
}

/** For Markdown: GitHub chooses by the reader's theme. @param folder ends with a slash, or is empty */
export function pictureOf(plot: Plot, folder = ''): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${folder}${fileOf(plot, 'dark')}">`,
    `  <img alt="${plot.alt}" src="${folder}${fileOf(plot, 'light')}">`,
    '</picture>',
  ].join('\n');
}
