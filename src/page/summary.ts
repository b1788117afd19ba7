/** What one sees first: the verdict, a few numbers, and what is wrong. */
import type { ReportDocument, ReportProblem } from '../repartition/report/model.js';
import { type Child, h, name, visible } from './dom.js';
import { bytes, count, duration, moment, plural } from './format.js';
import { FATE_WORDS, FATES } from './layout.js';

/** Longer lists are shown when somebody asks. */
const FIRST_PROBLEMS = 10;

interface Verdict {
  title: string;
  tone: 'good' | 'bad' | 'wait';
  icon: SVGElement;
}

/** Told by word, sign and colour, so that none of them is needed. */
export function verdictOf({ outcome, about }: ReportDocument): Verdict {
  switch (outcome.state) {
    case 'ready':
      return { title: 'Ready for DistPartitioning', tone: 'good', icon: sign('good', 'M12 23l7 7 14-15') };
    case 'not ready':
      return {
        title: 'Not ready for DistPartitioning',
        tone: 'bad',
        icon: sign('bad', 'M15 15l14 14M29 15L15 29'),
      };
    case 'failed':
      return { title: 'The run did not finish', tone: 'bad', icon: sign('bad', 'M15 15l14 14M29 15L15 29') };
    case 'planned':
      return { title: 'What a run would do', tone: 'wait', icon: sign('wait', 'M22 12v11l7 4') };
    case 'unknown':
      return {
        title: about === 'run' ? 'Aligned, and not yet verified' : 'Not yet verified',
        tone: 'wait',
        icon: sign('wait', 'M22 12v13M22 31v1'),
      };
  }
}

function sign(tone: Verdict['tone'], path: string): SVGElement {
  const make = (tag: string, attributes: Record<string, string>): SVGElement => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = make('svg', { viewBox: '0 0 44 44', 'aria-hidden': 'true', class: tone });
  const stroke = { fill: 'none', stroke: 'currentColor', 'stroke-width': '3', 'stroke-linecap': 'round' };
  svg.append(
    make('circle', { cx: '22', cy: '22', r: '19', ...stroke }),
    make('path', { d: path, ...stroke }),
  );
  return svg;
}

export function factsOf({ totals, run, about, groups }: ReportDocument): HTMLElement {
  const { parts, bytes: amounts, types, dataSets, rows, resumed } = totals;
  const fact = (term: Child, value: string, more?: string): HTMLElement =>
    h(
      'div',
      {},
      h('dt', {}, term),
      h('dd', {}, value, more === undefined ? undefined : h('small', {}, more)),
    );
  const facts: HTMLElement[] = [
    fact('Types', count(types), `${plural(dataSets, 'data set')}${rows ? `, ${plural(rows, 'row')}` : ''}`),
  ];
  if (groups.some(({ after }) => after !== undefined)) {
    facts.push(fact('Parts', count(parts.after), `${count(parts.before)} before, ${bytes(amounts.before)}`));
    for (const fate of FATES) {
      const term = h('span', {}, h('span', { class: `swatch ${fate}` }), capital(FATE_WORDS[fate]));
      facts.push(fact(term, count(parts[fate]), MEANINGS[fate]));
    }
  } else facts.push(fact('Parts', count(parts.before), bytes(amounts.before)));
  if (run?.seconds !== undefined) {
    const took = about === 'plan' ? 'Would take about' : 'Took';
    const more = [
      run.startedAt && moment(run.startedAt),
      resumed > 0 ? `${plural(resumed, 'part')} made before` : '',
    ];
    facts.push(fact(took, duration(run.seconds), more.filter((one) => one).join(', ') || undefined));
  }
  return h('dl', { class: 'facts' }, ...facts);
}

const MEANINGS = {
  kept: 'not one byte moved',
  copied: 'of whole row groups',
  cut: 'a page opened at an end',
  reencoded: 'crumbs said again',
} as const;

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function problemsSection({ problems, moreProblems }: ReportDocument): HTMLElement | undefined {
  if (problems.length === 0) return undefined;
  const list = h('ul', { class: 'problems' }, ...problems.slice(0, FIRST_PROBLEMS).map(problemItem));
  const rest = problems.slice(FIRST_PROBLEMS);
  const button = h('button', { type: 'button' }, `Show ${count(rest.length)} more`);
  button.addEventListener('click', () => {
    list.append(...rest.map(problemItem));
    button.remove();
  });
  return h(
    'section',
    {},
    h('h2', {}, areGrave(problems) ? 'Problems' : 'Warnings'),
    list,
    rest.length > 0 ? button : undefined,
    moreProblems > 0
      ? h(
          'p',
          { class: 'soft' },
          `${count(moreProblems)} more are not in this report: gs-repartition verify --json has all.`,
        )
      : undefined,
  );
}

/** What keeps somebody from going on belongs to the top. */
export function areGrave(problems: readonly ReportProblem[]): boolean {
  return problems.some(({ severity }) => severity !== 'warning');
}

function problemItem({ severity, type, dataSet, part, message }: ReportProblem): HTMLElement {
  const places = [type, dataSet, part].filter((one) => one !== undefined);
  const where: Child[] = places.flatMap((one, i) => [i > 0 ? ' · ' : '', name(one)]);
  return h(
    'li',
    { class: severity },
    h('strong', {}, capital(severity)),
    where.length > 0 ? h('span', { class: 'path' }, ...where) : undefined,
    h('div', {}, visible(message)),
  );
}
