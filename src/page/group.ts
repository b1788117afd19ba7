/** A type (or an edge type with its reverse): a strip for each data set on one scale of rows, to be zoomed and walked through. */
import { axisBottom } from 'd3-axis';
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { type D3ZoomEvent, zoom, type ZoomBehavior, zoomIdentity } from 'd3-zoom';
import type { ReportDataSet, ReportGroup } from '../repartition/report/model.js';
import { h, name, visible } from './dom.js';
import { bytes, count, plural } from './format.js';
import { countFates, endsOf, FATE_WORDS, FATES, fateOf, partAt, startOf } from './layout.js';
import { Strip } from './strip.js';

/** More data sets are shown when somebody asks. */
const FIRST_STRIPS = 24;
/** A part is at least so wide when nothing is left to zoom into, in pixels. */
const WIDEST_PART = 120;
const STEP = 2;

interface Row {
  dataSet: ReportDataSet;
  strip: Strip;
}

export class GroupView {
  readonly element: HTMLElement;
  private readonly layouts: Float64Array[];
  private readonly rows: Row[] = [];
  private readonly strips = h('div', {
    class: 'strips',
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'strips of parts',
  });
  private readonly labels = h('div', { class: 'labels' });
  /** Pointers are told from its left edge. */
  private readonly plots = h('div', { class: 'plots' });
  private readonly axis = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  private readonly told = h('p', { class: 'told', 'aria-live': 'polite' });
  private readonly whole: ScaleLinear<number, number>;
  private shown: ScaleLinear<number, number>;
  private readonly zoom: ZoomBehavior<HTMLElement, unknown>;
  private width = 0;
  private cursor: { row: number; part: number } | undefined;
  private isVisible = false;

  constructor(private readonly group: ReportGroup) {
    this.layouts = group.layouts.map(endsOf);
    this.whole = scaleLinear().domain([0, Math.max(1, group.rows)]);
    this.shown = this.whole;
    this.zoom = zoom<HTMLElement, unknown>()
      .filter((event: Event) => this.isZoom(event))
      .on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => {
        this.shown = event.transform.rescaleX(this.whole);
        this.draw();
      });
    this.strips.setAttribute(
      'aria-label',
      `Parts of ${visible(group.types.join(', '))}. Arrow keys go through parts and data sets, plus and minus zoom, 0 shows all.`,
    );
    this.strips.append(this.labels, this.plots);
    this.element = this.build();
    this.addRows(Math.min(FIRST_STRIPS, group.dataSets.length));
    this.listen();
  }

  private build(): HTMLElement {
    const { types, rows, dataSets } = this.group;
    const title = h('h3');
    types.forEach((type, i) => title.append(i > 0 ? ', ' : '', name(type)));
    const button = (label: string, text: string, act: () => void): HTMLElement => {
      const element = h('button', { type: 'button', 'aria-label': label, title: label }, text);
      element.addEventListener('click', act);
      return element;
    };
    const buttons = h(
      'div',
      { class: 'buttons' },
      button('Zoom out', '−', () => this.scaleBy(1 / STEP)),
      button('Zoom in', '+', () => this.scaleBy(STEP)),
      button('Show all rows', 'All', () => this.showAll()),
    );
    this.axis.classList.add('axis');
    this.axis.setAttribute('aria-hidden', 'true');
    const more = dataSets.length - FIRST_STRIPS;
    const moreButton = h('button', { type: 'button' }, `Show ${plural(more, 'more data set')}`);
    moreButton.addEventListener('click', () => {
      this.addRows(dataSets.length);
      moreButton.remove();
    });
    return h(
      'section',
      { class: 'group' },
      h(
        'header',
        {},
        title,
        h('span', { class: 'soft' }, `${plural(rows, 'row')}, ${this.changeOf()}`),
        buttons,
      ),
      this.strips,
      this.told,
      more > 0 ? moreButton : undefined,
      this.numbers(),
    );
  }

  private changeOf(): string {
    const { after, layouts, dataSets } = this.group;
    const different = new Set(dataSets.map(({ before }) => before)).size;
    const had = `${plural(dataSets.length, 'data set')} in ${plural(different, 'layout')}`;
    return after === undefined ? had : `${had} → ${plural(layouts[after]?.length ?? 0, 'part')} each`;
  }

  /** Up to so many strips. */
  private addRows(most: number): void {
    for (const dataSet of this.group.dataSets.slice(this.rows.length, most)) {
      const before = this.layouts[dataSet.before] ?? new Float64Array(0);
      const ends = this.endsAfter(dataSet);
      const strip = new Strip({
        before,
        ...(ends && dataSet.fates !== undefined && { after: { ends, fates: dataSet.fates } }),
      });
      this.rows.push({ dataSet, strip });
      const parts = ends
        ? `${count(before.length)} → ${plural(ends.length, 'part')}`
        : plural(before.length, 'part');
      this.labels.append(
        h('div', { class: 'label' }, name(shortName(dataSet.name)), h('span', { class: 'soft' }, parts)),
      );
      this.plots.append(strip.canvas);
    }
    this.plots.append(this.axis);
    this.draw();
  }

  private endsAfter({ fates }: ReportDataSet): Float64Array | undefined {
    const { after } = this.group;
    return after === undefined || fates === undefined ? undefined : this.layouts[after];
  }

  private listen(): void {
    new IntersectionObserver((entries) => {
      this.isVisible = entries.some(({ isIntersecting }) => isIntersecting);
      this.draw();
    }).observe(this.strips);
    new ResizeObserver(() => this.resize()).observe(this.plots);
    this.strips.addEventListener('keydown', (event) => this.onKey(event));
    this.plots.addEventListener('pointermove', (event) => this.onPointer(event));
    this.plots.addEventListener('pointerleave', () => this.select(undefined));
    select<HTMLElement, unknown>(this.plots).call(this.zoom).on('dblclick.zoom', null);
    // Paper shows all of it.
    window.addEventListener('beforeprint', () => {
      this.isVisible = true;
      this.draw();
    });
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /** A wheel alone scrolls the page; with Ctrl, Cmd or Shift it zooms, and a pinch does. */
  private isZoom(event: Event): boolean {
    if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey || event.shiftKey;
    return !(event instanceof MouseEvent && event.button !== 0);
  }

  private resize(): void {
    const width = this.plots.clientWidth;
    if (width === 0 || width === this.width) return;
    this.width = width;
    this.whole.range([0, width]);
    const parts = Math.max(1, ...this.layouts.map(({ length }) => length));
    this.zoom
      .extent([
        [0, 0],
        [width, 1],
      ])
      .translateExtent([
        [0, 0],
        [width, 1],
      ])
      .scaleExtent([1, Math.max(8, (parts * WIDEST_PART) / width)]);
    this.showAll();
  }

  private draw(): void {
    if (!this.isVisible || this.width === 0) return;
    this.rows.forEach(({ strip }, row) => {
      strip.draw(this.shown, this.width, this.cursor?.row === row ? this.cursor.part : undefined);
    });
    const axis = axisBottom(this.shown)
      .ticks(Math.max(2, Math.floor(this.width / 120)))
      .tickFormat((row) => count(Math.round(row.valueOf())))
      .tickSizeOuter(0);
    select(this.axis)
      .call(axis)
      .selectAll<SVGGElement, number>('.tick')
      .attr('text-anchor', (row) => this.anchorOf(this.shown(row)));
  }

  /** So that no number reaches beyond the ends. */
  private anchorOf(x: number): string {
    if (x < 20) return 'start';
    return x > this.width - 40 ? 'end' : 'middle';
  }

  private scaleBy(factor: number): void {
    const at = this.cursor && this.middleOf(this.cursor);
    const selection = select<HTMLElement, unknown>(this.plots);
    this.zoom.scaleBy(selection, factor, at === undefined ? undefined : [this.shown(at), 0]);
  }

  private showAll(): void {
    this.zoom.transform(select<HTMLElement, unknown>(this.plots), zoomIdentity);
  }

  private endsOfRow(row: number): Float64Array {
    const { dataSet } = this.rows[row] ?? {};
    if (!dataSet) return new Float64Array(0);
    return this.endsAfter(dataSet) ?? this.layouts[dataSet.before] ?? new Float64Array(0);
  }

  private middleOf({ row, part }: { row: number; part: number }): number {
    const ends = this.endsOfRow(row);
    return (startOf(ends, part) + (ends[part] ?? 0)) / 2;
  }

  private onPointer(event: PointerEvent): void {
    const row = this.rows.findIndex(({ strip }) => strip.canvas === event.target);
    const canvas = this.rows[row]?.strip.canvas;
    if (!canvas) return;
    const at = this.shown.invert(event.clientX - canvas.getBoundingClientRect().left);
    if (at >= 0 && at < this.group.rows) this.select({ row, part: partAt(this.endsOfRow(row), at) });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, part } = this.cursor ?? { row: 0, part: -1 };
    const last = this.endsOfRow(row).length - 1;
    const moves: Record<string, () => void> = {
      ArrowRight: () => this.walkTo(row, Math.min(last, part + 1)),
      ArrowLeft: () => this.walkTo(row, Math.max(0, part - 1)),
      ArrowDown: () => this.walkTo(Math.min(this.rows.length - 1, row + 1), Math.max(0, part)),
      ArrowUp: () => this.walkTo(Math.max(0, row - 1), Math.max(0, part)),
      Home: () => this.walkTo(row, 0),
      End: () => this.walkTo(row, last),
      '+': () => this.scaleBy(STEP),
      '=': () => this.scaleBy(STEP),
      '-': () => this.scaleBy(1 / STEP),
      '0': () => this.showAll(),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }

  /** Goes to a part, and takes the view along. */
  private walkTo(row: number, part: number): void {
    const cursor = { row, part: Math.min(part, this.endsOfRow(row).length - 1) };
    this.select(cursor);
    const at = this.shown(this.middleOf(cursor));
    if (at < 0 || at > this.width) {
      const selection = select<HTMLElement, unknown>(this.plots);
      this.zoom.translateTo(selection, this.whole(this.middleOf(cursor)), 0);
    }
  }

  private select(cursor: GroupView['cursor']): void {
    this.cursor = cursor;
    this.told.replaceChildren(...(cursor ? this.tell(cursor) : []));
    this.draw();
  }

  private tell({ row, part }: { row: number; part: number }): (Node | string)[] {
    const { dataSet } = this.rows[row]!;
    const ends = this.endsOfRow(row);
    const [from, to] = [startOf(ends, part), ends[part] ?? 0];
    const fate = dataSet.fates === undefined ? undefined : fateOf(dataSet.fates, part);
    const rows = `part ${count(part + 1)} of ${count(ends.length)}, ${plural(to - from, 'row')} from ${count(from)}`;
    const before = this.layouts[dataSet.before];
    const sources =
      fate === undefined || fate === 'kept' || !before ? '' : `, from ${oldParts(before, from, to)}`;
    return [name(shortName(dataSet.name)), `: ${rows}${fate ? `, ${FATE_WORDS[fate]}${sources}` : ''}`];
  }

  /** The same for whoever can't see it: as many lines as data sets, made when they are asked for. */
  private numbers(): HTMLElement {
    const details = h('details', {}, h('summary', {}, 'As a table'));
    details.addEventListener('toggle', () => {
      if (details.open && details.children.length === 1) details.append(this.table());
    });
    return details;
  }

  private table(): HTMLElement {
    const head = ['Data set', 'Parts before', 'after', ...FATES.map((fate) => FATE_WORDS[fate]), 'Size'];
    const rows = this.group.dataSets.map((dataSet) => {
      const before = this.layouts[dataSet.before]?.length ?? 0;
      const counts = dataSet.fates === undefined ? undefined : countFates(dataSet.fates);
      const cells = [
        count(before),
        count(dataSet.fates?.length ?? before),
        ...FATES.map((fate) => (counts ? count(counts[fate]) : '')),
        bytes(dataSet.bytes.before),
      ];
      return h(
        'tr',
        {},
        h('th', { scope: 'row' }, name(dataSet.name)),
        ...cells.map((cell) => h('td', { class: 'number' }, cell)),
      );
    });
    const headings = head.map((one, i) =>
      h('th', { scope: 'col', class: i > 0 ? 'number' : undefined }, one),
    );
    return h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Data sets of this type' },
      h('table', {}, h('thead', {}, h('tr', {}, ...headings)), h('tbody', {}, ...rows)),
    );
  }
}

function oldParts(before: Float64Array, from: number, to: number): string {
  const [first, last] = [partAt(before, from), partAt(before, Math.max(from, to - 1))];
  return first === last
    ? `part ${count(first + 1)} before`
    : `parts ${count(first + 1)} to ${count(last + 1)} before`;
}

/** `node_data of user, age` as `age`: the type stands above it. */
function shortName(dataSet: string): string {
  const [, section = '', rest = ''] = /^(\w+) of (.*)$/s.exec(dataSet) ?? [];
  if (section === 'edges') return `edges of ${rest}`;
  const comma = rest.lastIndexOf(', ');
  return comma < 0 ? dataSet : rest.slice(comma + 2);
}
