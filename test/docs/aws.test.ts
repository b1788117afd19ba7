/** What a reader types who has a graph on S3: docs/ec2.md and docs/sagemaker.md, block by block, in an account on loopback. */
import { afterEach, expect, test } from 'vitest';
import { Guide } from '../aws/guide.js';
import { engine } from '../aws/built.js';

let guide: Guide;

afterEach(async () => {
  // Blocks in other languages are not for a shell here: what an instance's package manager is told.
  const left = guide.left;
  await guide.close();
  expect(
    left.filter((text) => text.includes('gs-repartition --') || text.includes('gs-repartition s')),
  ).toEqual([]);
});

test('docs/ec2.md', async () => {
  guide = await Guide.open('docs/ec2.md');
  await guide.account.writeMovies('graph');
  const shell = guide.blocks.flatMap(({ language }, i) => (language === 'sh' ? [i] : []));
  expect(shell).toHaveLength(2);
  const { code, stdout } = await guide.run(...shell);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /\nNothing was written\. [^]*\nAligned \d+ of 14 types[^]*\nReady for DistPartitioning: [^]*\nSucceeded: /,
  );
}, 120_000);

test('docs/sagemaker.md', async () => {
  guide = await Guide.open('docs/sagemaker.md');
  await guide.account.writeRatings('graph');
  guide.account.reset({
    onProcessingJob: async () => {
      await engine.align('s3://my-bucket/graph');
    },
  });
  const { code, stdout } = await guide.run(0);
  expect(code).toBe(0);
  expect(stdout).toMatch(/ succeeded, and the graph is aligned: it passes verification\.\n$/);
}, 120_000);
