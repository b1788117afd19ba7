// Makes dist/bin/report-page.html, the page of reports, in one file: styles, the script with the plotting library in it, and a
// place for the data. Its policy allows this one script, by its hash, and no network.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * @param root of the repository
 * @param folder for the page
 * @returns {Promise<string[]>} the files that its script was made of
 */
export async function makePage(root, folder) {
  const source = (name) => join(root, 'src/page', name);
  const bundle = await rolldown({
    input: source('main.ts'),
    platform: 'browser',
    tsconfig: source('tsconfig.json'),
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message);
    },
  });
  const {
    output: [{ code, moduleIds }],
  } = await bundle.generate({ format: 'iife', minify: true, comments: false });
  // In a script element these would end it, or hide its end.
  if (/<\/script|<!--/i.test(code)) throw new Error('the script of the page has what ends a script element');
  const script = code.trim();
  const hash = createHash('sha256').update(script).digest('base64');
  const style = readFileSync(source('report.css'), 'utf8').trim();
  const page = readFileSync(source('report.html'), 'utf8')
    .replace('script-hash', () => `sha256-${hash}`)
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script}</script>`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report-page.html'), page);
  return moduleIds;
}
