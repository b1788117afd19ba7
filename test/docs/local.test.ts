/** What a reader types who has a graph on a disk: README.md and docs/local.md, block by block. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Shell, shellBlocks } from './shell.js';

let shell: Shell;

beforeAll(() => {
  shell = new Shell();
});
afterAll(() => shell.remove());

describe('docs/local.md', () => {
  const blocks = shellBlocks('docs/local.md');
  const outputs = [
    /\n {2}layouts\n {4}→ 5 parts, /,
    /^Aligned \d+ of 14 types, /,
    /^$/,
    /^Ready for DistPartitioning: [^\n]*\nReady for DistPartitioning: /,
    /^Succeeded: /,
  ];

  test('every block has an output here', () => expect(blocks).toHaveLength(outputs.length));

  test.each(blocks.map((block, i) => ({ block, output: outputs[i]! })))(
    '$block',
    ({ block, output }) => {
      const { code, out, err } = shell.run(block);
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(output);
    },
    60_000,
  );

  test('the second run copied nothing, as it says', () => {
    const { parts, bytes } = JSON.parse(readFileSync(join(shell.folder, 'summary.json'), 'utf8')) as {
      parts: Record<string, number>;
      bytes: Record<string, number>;
    };
    expect(parts['spliced']).toBe(0);
    expect(bytes['copied']).toBe(0);
    expect(existsSync(join(shell.graph, 'updated_row_counts_metadata.json'))).toBe(true);
  });
});
