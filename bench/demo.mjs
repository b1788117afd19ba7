// Aligns a copy of the bundled movies graph, shows what changed, and keeps it: `npm run demo`.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const prefix = join(root, 'tmp', 'demo', 'movies');

function run(...args) {
  console.log(`\n$ gs-repartition ${args.join(' ')}`);
  execFileSync(process.execPath, [join(root, 'dist/bin/main.js'), ...args], { stdio: 'inherit' });
}

/** Row counts by data set, as a metadata file lists them. */
function layouts(file) {
  const { edges, edge_data = {}, node_data = {} } = JSON.parse(readFileSync(join(prefix, file), 'utf8'));
  const rows = Object.entries(edges).map(([type, set]) => [`${type} (edges)`, set.row_counts]);
  for (const section of [edge_data, node_data]) {
    for (const [type, features] of Object.entries(section)) {
      for (const [name, set] of Object.entries(features)) rows.push([`${type} ${name}`, set.row_counts]);
    }
  }
  return new Map(rows);
}

rmSync(prefix, { recursive: true, force: true });
cpSync(join(root, 'test/fixtures/movies'), prefix, { recursive: true });
run('--input-prefix', prefix);
const before = layouts('metadata.json');
const after = layouts('updated_row_counts_metadata.json');
const width = Math.max(...[...before.keys()].map((name) => name.length));
console.log('\nRows per part:');
for (const [name, counts] of before) {
  const now = after.get(name).join(' ');
  const change = counts.join(' ') === now ? '(as it was)' : `→ ${now}`;
  console.log(`  ${name.padEnd(width)}  ${counts.join(' ')}  ${change}`);
}
run('verify', '--input-prefix', prefix);

const here = relative(process.cwd(), prefix) || '.';
console.log(`
The graph is kept in ${here} until the next demo. To look at it:
  diff ${here}/metadata.json ${here}/updated_row_counts_metadata.json
  node dist/bin/main.js plan --input-prefix ${here}
  node dist/bin/main.js verify --deep --input-prefix ${here}
To remove it: rm -r ${here}`);
