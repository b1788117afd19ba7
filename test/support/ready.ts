/** Whatever a test aligns, `verify` must say ready to: the helpers that tests align or compare with see to it. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Status, STATUS_FILE, verifyPrefix, type VerifyOptions } from 'gs-repartition';
import { expect } from 'vitest';

/** By the status document and the usual name of what was published. */
export async function hasSucceeded(prefix: string): Promise<boolean> {
  try {
    await access(join(prefix, 'updated_row_counts_metadata.json'));
    const { status } = JSON.parse(await readFile(join(prefix, STATUS_FILE), 'utf8')) as Status;
    return status === 'succeeded';
  } catch {
    return false;
  }
}

/**
 * What is wrong with a fixture in itself, by type, data set and kind of finding: no alignment mends it, and
 * DistPartitioning stops at it. All others are ready when they are aligned.
 */
const UNMENDED: Readonly<Record<string, readonly string[]>> = {
  'cases/column-kinds': [
    'user binary not-numeric',
    'user boolean nulls',
    'user plain_string not-numeric',
    'user ragged nulls',
    'user ragged width',
    'user ragged_v2 nulls',
    'user ragged_v2 width',
    'user string not-numeric',
    'user words not-numeric',
    'user words width',
  ],
  'cases/fixed-size-list': ['user interests not-numeric'],
  'cases/stale-shape': ['user matrix shape'],
};

/**
 * An aligned fixture is ready, as far as it can be, by its footers and by every value of it.
 * @param looks whether to look deep, one after the other; the values of bytes that were looked at need it once
 */
export async function expectReady(
  inputPrefix: string,
  fixture = '',
  verify: typeof verifyPrefix = verifyPrefix,
  looks: readonly boolean[] = [false, true],
): Promise<void> {
  const left = UNMENDED[fixture] ?? [];
  for (const deep of looks) {
    // Fixtures are small: a second thread takes longer to start than it saves.
    const { violations } = await verify({ inputPrefix, deep, threads: 1 });
    const found = violations.map(
      ({ kind, type, dataSet, message }) =>
        `${type ?? ''} ${dataSet ?? ''} ${left.length > 0 ? kind : message}`,
    );
    expect([...new Set(found)].sort()).toEqual(left);
  }
}

/**
 * A graph without faults of its own is ready, by its footers: for what is compared byte for byte with a graph that was looked
 * at deep, or looked at very often.
 */
export async function expectReadyByFooters(options: VerifyOptions): Promise<void> {
  const { violations } = await verifyPrefix(options);
  expect(violations).toEqual([]);
}
