/** All types, and a search among them. As many are drawn as fit a screen or two; the others when somebody asks. */
import type { ReportDocument } from '../repartition/report/model.js';
import { type Child, h } from './dom.js';
import { plural } from './format.js';
import { GroupView } from './group.js';
import { FATE_WORDS, FATES } from './layout.js';

const FIRST_GROUPS = 12;

export function groupsSection({ groups }: ReportDocument): HTMLElement | undefined {
  if (groups.length === 0) return undefined;
  const views = new Map<number, GroupView>();
  const list = h('div', {});
  const told = h('p', { class: 'soft', 'aria-live': 'polite' });
  const more = h('button', { type: 'button' }, 'Show more types');
  const input = h('input', {
    type: 'search',
    placeholder: 'Type or data set',
    'aria-label': 'Find types or data sets',
  });
  let most = FIRST_GROUPS;
  const show = (): void => {
    const words = input.value.trim().toLowerCase();
    const found = groups.flatMap((group, i) => {
      const names = [...group.types, ...group.dataSets.map((one) => one.name)];
      return names.some((one) => one.toLowerCase().includes(words)) ? [i] : [];
    });
    const shown = found.slice(0, most).map((i) => {
      const view = views.get(i) ?? new GroupView(groups[i]!);
      views.set(i, view);
      return view.element;
    });
    list.replaceChildren(...shown);
    more.hidden = found.length <= most;
    told.textContent = words === '' ? '' : `${plural(found.length, 'group')} found`;
  };
  input.addEventListener('input', show);
  more.addEventListener('click', () => {
    most += FIRST_GROUPS;
    show();
  });
  show();
  const isAligned = groups.some(({ after }) => after !== undefined);
  const legend = isAligned
    ? FATES.map((fate): Child => h('span', {}, h('span', { class: `swatch ${fate}` }), FATE_WORDS[fate]))
    : [];
  return h(
    'section',
    {},
    h('h2', {}, 'Where parts begin and end'),
    h(
      'p',
      { class: 'soft' },
      isAligned
        ? 'Of each data set, its parts before (thin) and after (thick), on one scale of rows.'
        : 'Of each data set, its parts on one scale of rows.',
      ' Drag, or Ctrl and the wheel, to zoom; arrow keys go from part to part.',
    ),
    h('div', { class: 'tools' }, ...legend, groups.length > 1 ? input : undefined, told),
    list,
    more,
  );
}
