// Says where this repository lives: node scripts/set-repository.mjs owner/name. Links in the README are absolute, for npm
// shows it on a page of its own; a placeholder stands in them as long as nobody has said where that is.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [wanted = ''] = process.argv.slice(2);
if (!/^[\w.-]+\/[\w.-]+$/.test(wanted)) {
  console.error('set-repository: give the repository on GitHub as owner/name');
  process.exit(2);
}
const { repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const known = /github\.com\/([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(repository.url)[1];
const files = execFileSync('git', ['grep', '--files-with-matches', '--fixed-strings', `/${known}`], {
  encoding: 'utf8',
});
for (const file of files.trim().split('\n')) {
  const text = readFileSync(file, 'utf8');
  const moved = text
    .replaceAll(`//github.com/${known}`, `//github.com/${wanted}`)
    .replaceAll(`//raw.githubusercontent.com/${known}`, `//raw.githubusercontent.com/${wanted}`);
  if (moved !== text) writeFileSync(file, moved);
}
