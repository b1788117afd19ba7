/** The page of a report in a real browser: what it shows, how it is gone through, and that nothing in it is more than data. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { reportPage } from '../../src/cli/report.js';
import type { ReportDocument } from '../../src/repartition/index.js';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';
import { accessibilityProblems, launch, type Look, open, type Opened } from './chromium.js';
import { HOSTILE, hostile, large, many, reportOf, small } from './reports.js';

let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), 'gs-report-'));
}, 60_000);
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

const opened: Opened[] = [];

async function openFile(file: string, look?: Look): Promise<Page> {
  const one = await open(browser, file, look);
  opened.push(one);
  onTestFinished(() => one.page.close());
  return one.page;
}

async function show(report: ReportDocument, look?: Look): Promise<Page> {
  const file = join(folder, 'report.html');
  await writeFile(file, reportPage(report));
  return openFile(file, look);
}

/** Whatever a test is about: the page is alone, and content. */
afterEach(() => {
  for (const { complaints, requests } of opened.splice(0)) {
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  }
});

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => element.textContent);
const textsOf = (page: Page, selector: string): Promise<string[]> =>
  page.$$eval(selector, (elements) => elements.map((element) => element.textContent));
/** The rows that the scale shows first and last. */
const scaleOf = (page: Page): Promise<string[]> => textsOf(page, '.axis .tick text');

/** Which of the four colours a strip has, in a column of its lower half. */
function coloursAt(page: Page, share: number, strip = 1): Promise<string[]> {
  return page.evaluate(
    (at, index) => {
      const canvas = document.querySelectorAll('canvas')[index]!;
      const pen = canvas.getContext('2d')!;
      const x = Math.floor(at * canvas.width);
      const { data } = pen.getImageData(
        x,
        Math.floor(canvas.height * 0.4),
        1,
        Math.floor(canvas.height * 0.45),
      );
      const style = getComputedStyle(document.documentElement);
      const names = ['kept', 'copied', 'cut', 'reencoded'];
      const byColour = new Map(
        names.map((name) => {
          const hex = style.getPropertyValue(`--${name}`).trim();
          return [[1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16)).join(), name];
        }),
      );
      const found = new Set<string>();
      for (let i = 0; i < data.length; i += 4) {
        const name = byColour.get(`${data[i]!},${data[i + 1]!},${data[i + 2]!}`);
        if (name !== undefined) found.add(name);
      }
      return [...found];
    },
    share,
    strip,
  );
}

describe('of a real run', () => {
  test('says what happened, that all is ready, and what was done with which parts', async () => {
    const prefix = await copyFixture('movies');
    const file = join(folder, 'run.html');
    const run = await gsRepartition(['--input-prefix', prefix, '--report', file]);
    expect(run.code).toBe(0);
    const page = await openFile(file);
    expect(await textOf(page, 'h1')).toBe('Ready for DistPartitioning');
    expect(await page.title()).toBe(`Ready for DistPartitioning: ${prefix}`);
    expect(await textOf(page, '.happened')).toMatch(/^Aligned \d+ types of 14: 128 parts made in /);
    const facts = (await textsOf(page, '.facts > div')).join('\n');
    expect(facts).toContain('14');
    expect(facts).toMatch(/157 before, 1\.\d+ MB/);
    expect(await textsOf(page, 'h2')).toEqual([
      'Where parts begin and end',
      'Warnings',
      'Where bytes went',
      'Where time went',
      'Slowest tasks',
      'Settings',
    ]);
    expect(await page.$$('[aria-label="Slowest tasks"] tbody tr')).toHaveLength(20);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test('one that failed says why, and what resumes it', async () => {
    const prefix = await copyFixture('cases/counts-lie', { spoiled: true });
    const file = join(folder, 'failed.html');
    const run = await gsRepartition(['--input-prefix', prefix, '--report', file]);
    expect(run.code).toBe(1);
    const page = await openFile(file);
    expect(await textOf(page, 'h1')).toBe('The run did not finish');
    expect(await textOf(page, '.problems li')).toMatch(/^Error.* rows, the metadata say /);
  });

  test.each([
    ['plan', 'What a run would do', 0],
    ['verify', 'Not ready for DistPartitioning', 1],
    ['report', 'Not ready for DistPartitioning', 0],
  ])('%s of a graph that is not aligned', async (command, title, code) => {
    const file = join(folder, `${command}.html`);
    const prefix = await copyFixture('cases/file-counts');
    const run = await gsRepartition([command, '--input-prefix', prefix, '--report', file]);
    expect([run.code, command === 'report' ? run.stdout : '']).toEqual([code, '']);
    const page = await openFile(file);
    expect(await textOf(page, 'h1')).toBe(title);
    expect(await page.$$('canvas')).not.toHaveLength(0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe('strips', () => {
  test('have the colour of what became of the part', async () => {
    const page = await show(
      reportOf([
        {
          ...small.groups[0]!,
          layouts: [
            [10, 10, 10, 10],
            [20, 20],
          ],
          rows: 40,
          dataSets: [{ ...small.groups[0]!.dataSets[1]!, before: 1, fates: 'kcxr' }],
        },
      ]),
    );
    const colours = await Promise.all([0.12, 0.37, 0.62, 0.87].map((share) => coloursAt(page, share, 0)));
    expect(colours).toEqual([['kept'], ['copied'], ['cut'], ['reencoded']]);
  });

  test('keys go from part to part, tell of each, and zoom', async () => {
    const page = await show(small);
    await page.focus('.strips');
    await page.keyboard.press('ArrowRight');
    expect(await textOf(page, '.told')).toMatch(/^embedding: part 1 of 3, [\d,]+ rows from 0, kept$/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    expect(await textOf(page, '.told')).toMatch(
      /^year: part 2 of 3, [\d,]+ rows from [\d,]+, (cut|copied|re-encoded), from parts? \d/,
    );
    const whole = await scaleOf(page);
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    expect(await scaleOf(page)).not.toEqual(whole);
    await page.keyboard.press('0');
    expect(await scaleOf(page)).toEqual(whole);
    await page.keyboard.press('End');
    expect(await textOf(page, '.told')).toContain('part 3 of 3');
  });

  test('buttons, the wheel with Ctrl and dragging zoom and move; the wheel alone scrolls', async () => {
    const page = await show(small, { height: 720 });
    const whole = await scaleOf(page);
    await page.click('[aria-label="Zoom in"]');
    const zoomed = await scaleOf(page);
    expect(zoomed).not.toEqual(whole);
    const canvas = (await (await page.$('canvas'))!.boundingBox())!;
    const [x, y] = [canvas.x + canvas.width / 2, canvas.y + canvas.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 100, y, { steps: 3 });
    await page.mouse.up();
    const moved = await scaleOf(page);
    expect(moved).not.toEqual(zoomed);
    await page.keyboard.down('Control');
    await page.mouse.wheel({ deltaY: -200 });
    await page.keyboard.up('Control');
    expect(await scaleOf(page)).not.toEqual(moved);
    await page.click('[aria-label="Show all rows"]');
    expect(await scaleOf(page)).toEqual(whole);
    await page.mouse.move(x, y);
    await page.mouse.wheel({ deltaY: 200 });
    await page.waitForFunction(() => scrollY > 0);
    expect(await scaleOf(page)).toEqual(whole);
  });

  test('the pointer tells what is under it', async () => {
    const page = await show(small);
    const box = (await (await page.$('canvas'))!.boundingBox())!;
    await page.mouse.move(box.x + box.width - 5, box.y + 20);
    expect(await textOf(page, '.told')).toContain('embedding: part 3 of 3');
  });

  test('as a table for whoever can’t see them', async () => {
    const page = await show(small);
    await page.click('.group summary');
    await page.waitForSelector('.group table');
    expect(await textsOf(page, '.group tbody tr th')).toEqual([
      'node_data of paper, embedding',
      'node_data of paper, year',
      'node_data of paper, train_mask',
    ]);
    const cells = await textsOf(page, '.group tbody tr:first-child td');
    expect(cells.slice(0, 6)).toEqual(['3', '3', '3', '0', '0', '0']);
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe('with 30,000 parts of each data set', () => {
  test('the page stays as small as with three, and shows the mixture', async () => {
    const page = await show(large);
    const few = await show(small);
    const elements = (one: Page): Promise<number> =>
      one.evaluate(() => document.querySelectorAll('*').length);
    expect(await elements(page)).toBeLessThan((await elements(few)) + 40);
    const columns = await Promise.all([0.2, 0.4, 0.6, 0.8].map((share) => coloursAt(page, share)));
    for (const colours of columns) expect(colours.length).toBeGreaterThan(1);
    const { loaded, size } = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      return { loaded: entry!.loadEventEnd, size: document.getElementById('data')!.textContent.length };
    });
    console.log(
      `30,000 parts: ${(size / 1e6).toFixed(1)} MB of data, drawn ${Math.round(loaded)} ms after the address`,
    );
  });

  test('zooms until single parts are seen, also by keys', async () => {
    const page = await show(large);
    await page.focus('.strips');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    for (let i = 0; i < 13; i++) await page.keyboard.press('+');
    expect(await textOf(page, '.told')).toContain('year: part 2 of 30,000');
    expect(await coloursAt(page, 0.5)).toHaveLength(1);
  });
});

describe('with more than one looks at', () => {
  test('types, data sets and problems come when they are asked for', async () => {
    const page = await show(many);
    expect(await page.$$('.group')).toHaveLength(12);
    expect(await page.$$('.problems li')).toHaveLength(10);
    expect(await page.evaluate(() => document.querySelectorAll('canvas').length)).toBe(24 + 11 * 3);
    await page.evaluate(() => {
      for (const button of document.querySelectorAll('button'))
        if (button.textContent.startsWith('Show ')) button.click();
    });
    expect(await page.$$('.group')).toHaveLength(24);
    expect(await page.$$('.problems li')).toHaveLength(200);
    expect(await page.evaluate(() => document.querySelectorAll('canvas').length)).toBe(300 + 23 * 3);
    expect(await page.evaluate(() => document.body.textContent)).toContain('300 more are not in this report');
  });

  test('a search finds types and data sets', async () => {
    const page = await show(many);
    await page.type('input[type=search]', 'TYPE-41');
    expect(await textsOf(page, '.group h3')).toEqual(['type-41']);
    expect(await textOf(page, '.tools [aria-live]')).toBe('1 group found');
  });
});

test('names, messages and settings are data, whatever they say', async () => {
  const page = await show(hostile);
  expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
  expect(await page.$$('img')).toHaveLength(0);
  expect(await page.$$('script')).toHaveLength(2);
  const [message] = await textsOf(page, '.problems li');
  expect(message).toContain(HOSTILE[0]);
  // What turns the writing around is shown and does not work.
  expect((await textsOf(page, '.problems li'))[3]).toContain('\\u202egnp.exe\\u2028\\u0000');
  expect(
    await page.evaluate(() => JSON.parse(document.getElementById('data')!.textContent) as unknown),
  ).toEqual(JSON.parse(JSON.stringify(hostile)));
  expect(await accessibilityProblems(page)).toEqual([]);
});

test('in the dark: another paper, and still readable', async () => {
  const paper = (page: Page): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [light, dark] = [await show(small), await show(small, { dark: true })];
  expect(await paper(light)).toBe('rgb(255, 255, 255)');
  expect(await paper(dark)).toBe('rgb(18, 22, 28)');
  expect(await accessibilityProblems(light)).toEqual([]);
  expect(await accessibilityProblems(dark)).toEqual([]);
});

test('on a telephone nothing reaches beyond the screen', async () => {
  const page = await show(small, { width: 390, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('the pictures in docs/ can be made anew', async () => {
  const pictures: [string, ReportDocument, Look][] = [
    ['report-3-parts', small, {}],
    ['report-30000-parts', large, {}],
    ['report-dark', small, { dark: true }],
  ];
  for (const [name, report, look] of pictures) {
    const page = await show(report, look);
    const target = process.env['UPDATE_PICTURES'] === '1' ? join(repositoryRoot, 'docs') : folder;
    const path = `${target}/${name}.png` as const;
    await page.screenshot({ path });
    const kept = await readFile(join(repositoryRoot, 'docs', `${name}.png`));
    expect(kept.subarray(1, 4).toString()).toBe('PNG');
    expect(kept.length).toBeLessThan(200_000);
  }
});
