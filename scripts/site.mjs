// `npm run site`: the documentation and the pages of the API as one static site in tmp/site, with a search of its own and
// nothing from elsewhere. TypeDoc makes it, which reads the docstrings anyway: a generator of sites beside it would bring a
// hundred packages more.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter } from 'typedoc';
import api from '../typedoc.config.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Chapters in the order of docs/README.md, which is the first page. */
const documents = [...readFileSync(join(root, 'docs/README.md'), 'utf8').matchAll(/\]\(([^)#]+\.md)\)/g)].map(
  ([, path]) => relative(root, join(root, 'docs', path)),
);

const results = readdirSync(join(root, 'bench/results'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => join('bench/results', file));

const app = await Application.bootstrapWithPlugins({
  ...api,
  readme: 'docs/README.md',
  projectDocuments: [
    ...new Set([
      ...documents,
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docker/README.md',
      ...results,
    ]),
  ],
  out: process.argv[2] ?? 'tmp/site',
  sort: ['documents-first', 'source-order'],
  navigation: { includeGroups: false },
  includeVersion: true,
  hideGenerator: true,
  githubPages: true,
  customCss: 'scripts/site.css',
  validation: { notExported: false, invalidLink: true, rewrittenLink: true, invalidPath: true },
  treatValidationWarningsAsErrors: true,
});
// A page is called by its heading; blocks that say no language are pictures or output, not TypeScript.
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
  const [, title] = /^# (.*)$/m.exec(document.content.map(({ text }) => text).join('')) ?? [];
  if (title !== undefined) document.name = title;
  for (const part of document.content) {
    if (part.kind === 'code') part.text = part.text.replace(/^```\n/, '```text\n');
  }
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
const out = app.options.getValue('out');
await app.generateDocs(project, out);
const dead = deadLinks(out);
for (const link of dead) console.error(`site: ${link} leads nowhere`);
if (dead.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);

/** Links of all pages to files, and headings in them, that are not there. */
function deadLinks(folder) {
  const pages = new Map(
    readdirSync(folder, { recursive: true })
      .filter((file) => file.endsWith('.html'))
      .map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]),
  );
  const found = [];
  for (const [page, text] of pages) {
    for (const [, link] of text.matchAll(/ (?:href|src|srcset)="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path, anchor = ''] = link.replaceAll('&amp;', '&').split('#', 2).map(decodeURIComponent);
      const target = path === '' ? page : join(dirname(page), path);
      const isThere = pages.has(target)
        ? anchor === '' || pages.get(target).includes(`id="${anchor}"`)
        : existsSync(target);
      if (!isThere) found.push(`${relative(folder, page)}: ${link}`);
    }
  }
  return [...new Set(found)];
}
