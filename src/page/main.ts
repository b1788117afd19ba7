/** The page of a report: reads the document that is embedded in it, and draws. */
import type { ReportDocument } from '../repartition/report/model.js';
import { type Child, h, name, visible } from './dom.js';
import { moment } from './format.js';
import { groupsSection } from './groups-section.js';
import { bytesSection, requestsSection, settingsSection, slowestSection, timeSection } from './sections.js';
import { areGrave, factsOf, problemsSection, verdictOf } from './summary.js';

function draw(report: ReportDocument): void {
  const page = document.getElementById('page');
  if (!page) return;
  const { outcome, inputPrefix, madeAt, madeBy } = report;
  const verdict = verdictOf(report);
  const isGrave = areGrave(report.problems);
  document.title = `${visible(verdict.title)}: ${visible(inputPrefix)}`;
  const parts: Child[] = [
    h(
      'header',
      { class: 'verdict' },
      verdict.icon,
      h(
        'div',
        {},
        h('h1', { class: verdict.tone, 'data-state': outcome.state }, verdict.title),
        h('p', { class: 'happened' }, outcome.happened),
        h('p', { class: 'advice soft' }, visible(outcome.advice)),
        h('p', { class: 'path' }, name(inputPrefix)),
      ),
    ),
    factsOf(report),
    isGrave ? problemsSection(report) : undefined,
    groupsSection(report),
    isGrave ? undefined : problemsSection(report),
    h('div', { class: 'columns' }, bytesSection(report), timeSection(report)),
    slowestSection(report),
    h('div', { class: 'columns' }, requestsSection(report), settingsSection(report)),
    h('footer', {}, `Made by ${visible(madeBy)} on ${moment(madeAt)}.`),
  ];
  page.replaceWith(h('main', { id: 'page' }, ...parts));
}

draw(JSON.parse(document.getElementById('data')?.textContent ?? '{}') as ReportDocument);
