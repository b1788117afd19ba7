// Aligns a copy of the bundled movies graph and shows what changed: `npm run demo`.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const prefix = join(mkdtempSync(join(tmpdir(), 'gs-repartition-demo-')), 'movies');

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

try {
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
} finally {
  rmSync(join(prefix, '..'), { recursive: true, force: true });
}
