/** What `npm run release` lets through, in repositories of their own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';

const script = (name: string): string => join(repositoryRoot, 'scripts', name);

let folder: string;

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
}

function write(file: string, content: string | object): void {
  writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

function commit(): void {
  git('add', '--all');
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'All');
}

function release(...args: string[]): { code: number | null; out: string; err: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script('release.mjs'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@example.com' },
  });
  return { code: status, out: stdout, err: stderr.trim().split('\n').filter(Boolean) };
}

const repository = { type: 'git', url: 'git+https://github.com/some/where.git' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gs-release-'));
  git('init', '--quiet');
  write('package.json', { name: 'a', version: '1.2.0', repository });
  write('package-lock.json', { version: '1.2.0', packages: { '': { version: '1.2.0' } } });
  write(
    'CHANGELOG.md',
    '# Changelog\n\n## 1.2.0 (2026-11-26)\n\n- New things.\n\n## 1.1.0 (2026-10-01)\n\n- Old ones.\n',
  );
  commit();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('when all agree', () => {
  test('tags the commit, and what the workflow asks afterwards is right too', () => {
    expect(release('--check')).toEqual({ code: 0, out: 'v1.2.0 may be released.\n', err: [] });
    expect(git('tag')).toBe('');
    expect(release()).toMatchObject({ code: 0, err: [] });
    expect(git('rev-parse', 'v1.2.0^{commit}')).toBe(git('rev-parse', 'HEAD'));
    expect(release('--check', '--tag', 'v1.2.0')).toMatchObject({ code: 0, err: [] });
  });

  test('a word that means nothing is told in a line, and tags nothing', () => {
    const there = 'There are --check, --tag v1.2.3 and --notes.';
    expect(release('1.2.0')).toEqual({
      code: 2,
      out: '',
      err: [`release: Unexpected argument '1.2.0'. ${there}`],
    });
    expect(release('--force').err).toEqual([`release: Unknown option '--force'. ${there}`]);
    expect(git('tag')).toBe('');
  });

  test('the notes are the chapter of the version', () => {
    expect(release('--notes').out).toBe('- New things.\n');
  });

  test('an older version before it, and a trial of it, are no trouble', () => {
    for (const tag of ['v1.1.9', 'v1.2.0-rc.1', 'v0.99.0']) git('tag', tag);
    expect(release('--check')).toMatchObject({ code: 0 });
  });
});

describe('refuses, and says why', () => {
  test.each<[string, () => void, string[], string]>([
    [
      'a CHANGELOG that is not dated',
      () => write('CHANGELOG.md', '## 1.2.0 (unreleased)\n\n- New things.\n'),
      ['--check'],
      'CHANGELOG.md: "1.2.0 (unreleased)" has no date; write "## 1.2.0 (YYYY-MM-DD)"',
    ],
    [
      'a CHANGELOG of another version',
      () => write('CHANGELOG.md', '## 1.3.0 (2026-11-26)\n\n- New things.\n'),
      ['--check'],
      'CHANGELOG.md begins with "1.3.0 (2026-11-26)", not with "## 1.2.0 (YYYY-MM-DD)"',
    ],
    [
      'a CHANGELOG that says nothing',
      () => write('CHANGELOG.md', '## 1.2.0 (2026-11-26)\n\n## 1.1.0 (2026-10-01)\n\n- Old ones.\n'),
      ['--check'],
      'CHANGELOG.md says nothing of 1.2.0',
    ],
    [
      'a CHANGELOG without chapters',
      () => write('CHANGELOG.md', '# Changelog\n'),
      ['--check'],
      'CHANGELOG.md has no chapter "## 1.2.0 (YYYY-MM-DD)"',
    ],
    [
      'a lock file of another version',
      () => write('package-lock.json', { version: '1.2.0', packages: { '': { version: '1.1.0' } } }),
      ['--check'],
      'package-lock.json has 1.2.0 and 1.1.0, package.json 1.2.0: run npm install',
    ],
    [
      'a version that is none',
      () => write('package.json', { version: 'next', repository }),
      ['--check'],
      'package.json: next is no version like 1.2.3',
    ],
    [
      'a placeholder for the repository',
      () =>
        write('package.json', {
          version: '1.2.0',
          repository: { url: 'git+https://github.com/OWNER/a.git' },
        }),
      ['--check'],
      'package.json: the repository is still a placeholder; run node scripts/set-repository.mjs <owner>/<name>',
    ],
  ])('%s', (_, change, args, line) => {
    change();
    commit();
    const { code, err } = release(...args);
    expect(code).toBe(1);
    expect(err).toContain(`release: ${line}`);
    expect(git('tag')).toBe('');
  });

  test.each<[string, () => void, string[], string]>([
    [
      'the tag of another version',
      () => git('tag', 'v1.2.1'),
      ['--check', '--tag', 'v1.2.1'],
      'the tag is v1.2.1, but package.json has 1.2.0, whose tag is v1.2.0',
    ],
    [
      'a tag of another commit',
      () => {
        git('tag', 'v1.2.0');
        write('more', '');
        commit();
      },
      [],
      'v1.2.0 is the tag of another commit',
    ],
    ['to tag twice', () => git('tag', 'v1.2.0'), [], 'this commit has its tag v1.2.0 already'],
    ['a tag that is not there', () => undefined, ['--tag', 'v1.2.0'], 'there is no tag v1.2.0'],
    [
      'a version before the last one',
      () => git('tag', 'v1.10.0'),
      [],
      'v1.10.0 came before, and is later than v1.2.0',
    ],
    ['what is not committed', () => write('more', ''), [], 'there are changes that are not committed'],
  ])('%s', (_, change, args, line) => {
    change();
    const { code, err } = release(...args);
    expect(code).toBe(1);
    expect(err).toContain(`release: ${line}`);
  });
});

test('set-repository puts one repository in the place of another, wherever it is linked to', () => {
  write('README.md', '[a](https://github.com/some/where/blob/main/a) https://github.com/some/one\n');
  commit();
  execFileSync(process.execPath, [script('set-repository.mjs'), 'new/home'], { cwd: folder });
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe(
    '[a](https://github.com/new/home/blob/main/a) https://github.com/some/one\n',
  );
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toContain('git+https://github.com/new/home.git');
});
