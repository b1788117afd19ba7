/** A real browser, headless: whichever Chromium is on the PATH. */
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** @throws an error that says what to install */
function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const file of NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Another may be there.
    }
  }
  throw new Error(
    `the tests of the page need a Chromium on the PATH (${NAMES.join(', ')}): on Debian, apt-get install chromium`,
  );
}

export function launch(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: findChromium(),
    // Its own sandbox does not work for root, nor in most containers; the pages are ours.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb', '--hide-scrollbars'],
  });
}

/** A page, and all that went wrong in it, or over the network. */
export interface Opened {
  page: Page;
  complaints: string[];
  /** Addresses that were asked for beside the page itself. */
  requests: string[];
}

export interface Look {
  dark?: boolean;
  width?: number;
  height?: number;
}

/** Opens a page of a file. */
export async function open(
  browser: Browser,
  file: string,
  { dark = false, width = 1200, height = 900 }: Look = {},
): Promise<Opened> {
  const page = await browser.newPage();
  const opened: Opened = { page, complaints: [], requests: [] };
  page.on('console', (message) => {
    // Of the tests, which look at what was drawn.
    if (message.text().includes('willReadFrequently')) return;
    if (['error', 'warn'].includes(message.type())) opened.complaints.push(message.text());
  });
  page.on('pageerror', (error) => opened.complaints.push(String(error)));
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) opened.requests.push(request.url());
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(url, { waitUntil: 'load' });
  // Strips are drawn when they come into view.
  await page.evaluate(() => new Promise((drawn) => setTimeout(drawn, 150)));
  return opened;
}

/** What axe-core finds, a line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  );
}
