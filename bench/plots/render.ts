/** From a Vega-Lite specification to SVG, without a browser. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Theme, themeConfig } from './theme.js';

export async function renderSvg(spec: TopLevelSpec, theme: Theme): Promise<string> {
  const { spec: compiled } = compile(spec, { config: themeConfig(theme) });
  return `${await new View(parse(compiled), { renderer: 'none' }).toSVG()}\n`;
}
