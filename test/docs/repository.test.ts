/** Documents hold together: links lead somewhere, messages that are explained are those that are said. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => !file.startsWith('test/') && existsSync(join(repositoryRoot, file)));

/** As GitHub makes them of headings. */
function anchors(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(documents)('%s', (file) => {
  test('links to files and headings that are there', () => {
    const text = read(file).replace(/^```.*?^```$/gms, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
      .map(([, link, attribute]) => link ?? attribute ?? '')
      .filter((link) => !/^[a-z]+:/.test(link));
    const dead = links.filter((link) => {
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? file : normalize(join(dirname(file), path));
      if (!existsSync(join(repositoryRoot, target))) return true;
      return anchor !== undefined && !anchors(target).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const sources = ['src', 'scripts/bundle.mjs']
    .flatMap((path) => {
      if (path.endsWith('.mjs')) return [read(path)];
      const files = readdirSync(join(repositoryRoot, path), { recursive: true, encoding: 'utf8' });
      return files.filter((name) => name.endsWith('.ts')).map((name) => read(join(path, name)));
    })
    .join('\n');
  /** What DistPartitioning or the system says is not ours. */
  const ours = read('docs/troubleshooting.md').split('## What comes after')[0]!;
  const messages = [...ours.matchAll(/^\| (.*?) +\|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message))
    .filter((message) => message !== 'No space left on device');

  test.each(messages)('%s is said somewhere', (message) => {
    // Names of files are put into messages.
    const said = message
      .replace('metadata.json', '…')
      .split('…')
      .map((piece) => piece.trim())
      .filter((piece) => piece.length > 3);
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((piece) => !sources.includes(piece))).toEqual([]);
  });
});
