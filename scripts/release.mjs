// Says whether what is committed may be released, and tags it: `npm run release`. With --check it only says so; with
// --tag v1.2.3 that tag must be the one that belongs; --notes prints what the CHANGELOG says of the version. It looks at
// the folder in which it is run.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

const values = typed();

const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const chapter = firstChapter(readFileSync('CHANGELOG.md', 'utf8'));

if (values.notes) {
  console.log(chapter?.text ?? '');
  process.exit(0);
}

const tag = `v${version}`;
const problems = [...versions(), ...changelog(), ...git(), ...home()];
if (problems.length > 0) {
  for (const problem of problems) console.error(`release: ${problem}`);
  process.exit(1);
}
if (values.check || values.tag !== undefined) {
  console.log(`${tag} may be released.`);
} else {
  call('tag', '--annotate', tag, '--message', tag);
  console.log(`Tagged ${tag}. The workflow publishes it after: git push origin ${tag}`);
}

function typed() {
  const options = { check: { type: 'boolean' }, tag: { type: 'string' }, notes: { type: 'boolean' } };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(
      `release: ${error.message.replace(/\. .*/s, '')}. There are --check, --tag v1.2.3 and --notes.`,
    );
    process.exit(2);
  }
}

function versions() {
  if (!SEMVER.test(version)) return [`package.json: ${version} is no version like 1.2.3`];
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const locked = [lock.version, lock.packages[''].version];
  return locked.every((one) => one === version)
    ? []
    : [`package-lock.json has ${locked.join(' and ')}, package.json ${version}: run npm install`];
}

function changelog() {
  const wanted = `"## ${version} (YYYY-MM-DD)"`;
  if (chapter === undefined) return [`CHANGELOG.md has no chapter ${wanted}`];
  const { title, text } = chapter;
  const [, named, when] = /^(\S+) \((.*)\)$/.exec(title) ?? [];
  if (named !== version) return [`CHANGELOG.md begins with "${title}", not with ${wanted}`];
  if (!/^\d{4}-\d\d-\d\d$/.test(when)) return [`CHANGELOG.md: "${title}" has no date; write ${wanted}`];
  return text === '' ? [`CHANGELOG.md says nothing of ${version}`] : [];
}

function git() {
  const found = [];
  if (values.tag !== undefined && values.tag !== tag) {
    found.push(`the tag is ${values.tag}, but package.json has ${version}, whose tag is ${tag}`);
  }
  if (call('status', '--porcelain') !== '') found.push('there are changes that are not committed');
  const tags = call('tag', '--list', 'v*').split('\n').filter(Boolean);
  if (tags.includes(tag)) {
    const isHere = call('rev-parse', `${tag}^{commit}`) === call('rev-parse', 'HEAD');
    if (!isHere) found.push(`${tag} is the tag of another commit`);
    else if (values.tag === undefined) found.push(`this commit has its tag ${tag} already`);
  } else if (values.tag === tag) {
    found.push(`there is no tag ${tag}`);
  }
  const later = tags.filter((other) => isLater(other.slice(1), version));
  if (later.length > 0)
    found.push(`${later.join(', ')} came before, and ${later.length > 1 ? 'are' : 'is'} later than ${tag}`);
  return found;
}

/** npm's provenance is refused where it does not name the repository that the workflow runs in. */
function home() {
  return repository.url.includes('/OWNER/')
    ? [
        'package.json: the repository is still a placeholder; run node scripts/set-repository.mjs <owner>/<name>',
      ]
    : [];
}

/** By the three numbers; of one version before its release and after it, the latter is later. */
function isLater(a, b) {
  const [x, y] = [a, b].map((version) => version.split('-', 1)[0].split('.').map(Number));
  const i = x.findIndex((number, i) => number !== y[i]);
  return i >= 0 ? x[i] > y[i] : !a.includes('-') && b.includes('-');
}

function firstChapter(text) {
  const found = /^## (.*)\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text);
  return found === null ? undefined : { title: found[1].trim(), text: found[2].trim() };
}

function call(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
