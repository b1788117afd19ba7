/** Stacked bars on one scale: a name, a bar, an amount. */
import { scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { h } from './dom.js';

export interface Bar {
  label: Node;
  /** Colours by their class, and how long. */
  segments: { kind: string; value: number }[];
  amount: string;
}

const HEIGHT = 14;
/** Of the drawing; how wide it is shown is the page's concern. */
const WIDTH = 1000;

export function bars(all: readonly Bar[]): HTMLElement {
  const most = Math.max(...all.map(sumOf), Number.MIN_VALUE);
  const x = scaleLinear().domain([0, most]).range([0, WIDTH]);
  const list = h('dl', { class: 'bars' });
  for (const bar of all) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    let start = 0;
    const placed = bar.segments.map(({ kind, value }) => {
      const from = start;
      start += value;
      return { kind, from, to: start };
    });
    select(svg)
      .selectAll('rect')
      .data(placed.filter(({ from, to }) => to > from))
      .join('rect')
      .attr('x', ({ from }) => x(from))
      .attr('width', ({ from, to }) => Math.max(2, x(to) - x(from)))
      .attr('height', HEIGHT)
      .style('fill', ({ kind }) => `var(--${kind})`);
    list.append(h('dt', {}, bar.label), h('dd', {}, svg), h('dd', { class: 'amount' }, bar.amount));
  }
  return list;
}

function sumOf({ segments }: Bar): number {
  return segments.reduce((sum, { value }) => sum + value, 0);
}
