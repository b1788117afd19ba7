/** How plots look: once for light pages and once for dark ones, on whatever background the page has. */
import type { Config } from 'vega-lite';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

interface Palette {
  ink: string;
  faint: string;
  ours: string;
  limit: string;
  others: string;
  /** For lines, in the order of the series. */
  lines: [string, string, string, string];
}

/** The inks and accents of GitHub's own two themes. */
export const PALETTES: Record<Theme, Palette> = {
  light: {
    ink: '#1f2328',
    faint: '#d1d9e0',
    ours: '#0969da',
    limit: '#59636e',
    others: '#bc4c00',
    lines: ['#0969da', '#59636e', '#bc4c00', '#8250df'],
  },
  dark: {
    ink: '#e6edf3',
    faint: '#3d444d',
    ours: '#4493f8',
    limit: '#9198a1',
    others: '#f0883e',
    lines: ['#4493f8', '#9198a1', '#f0883e', '#ab7df8'],
  },
};

const FONT = '-apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif';

export function themeConfig(theme: Theme): Config {
  const { ink, faint } = PALETTES[theme];
  return {
    background: 'transparent',
    font: FONT,
    padding: 12,
    view: { stroke: null },
    title: {
      color: ink,
      subtitleColor: ink,
      fontSize: 15,
      subtitleFontSize: 12,
      anchor: 'start',
      offset: 12,
    },
    axis: {
      labelColor: ink,
      titleColor: ink,
      gridColor: faint,
      domainColor: faint,
      tickColor: faint,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      titlePadding: 8,
      labelLimit: 500,
    },
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, labelLimit: 500 },
    text: { color: ink, fontSize: 12 },
  };
}
