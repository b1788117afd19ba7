import { describe, expect, it } from 'vitest';
import { type Cost, lastWords } from '../../bench/measure/measure.js';
import { copiesOf, rangeLength } from '../../bench/s3/copies.js';
import { s3Case, type S3Facts, s3TargetsOf } from '../../bench/s3/report.js';
import type { ProxiedRequest } from '../s3/proxy.js';

const MIB = 1024 * 1024;

function cost(seconds: number): Cost {
  return {
    seconds,
    syncSeconds: 0,
    cpuSeconds: 1,
    peakRssBytes: 200 * MIB,
    bytesRead: 0,
    bytesWritten: 0,
    filesWritten: 0,
    outputBytes: 0,
  };
}

const FACTS: S3Facts = {
  graph: 'boundaries-vectors',
  layout: 'most-frequent',
  bytes: 1100,
  moved_bytes: 1000,
  moved_parts: 1,
  copied_bytes: 980,
  copies: 2,
  uploaded_bytes: 20,
  downloaded_bytes: 20,
  requests: {},
};

/** Of a part of an upload: copied from `source`, or with a body. */
function part(key: string, number: number, source?: string, range?: string): ProxiedRequest {
  const path = `bucket/graph/new/${key}`;
  return {
    operation: source === undefined ? 'UploadPart' : 'UploadPartCopy',
    path,
    url: `/${path}?partNumber=${number}&uploadId=u`,
    headers: source === undefined ? {} : { 'x-amz-copy-source': source, 'x-amz-copy-source-range': range },
    number: 1,
    ofOperation: 1,
  };
}

const twin = (key: string): string => `bare/${key}`;

describe('the copies that an alignment asked for', () => {
  it('are gathered by new object, under keys of their own', () => {
    const seen = [
      part('a', 1, 'bucket/graph/old/a', 'bytes=4-9'),
      { ...part('status', 1), operation: 'PutObject' },
      part('b', 1, 'bucket/graph/old/b', 'bytes=0-0'),
      part('a', 2, 'bucket/graph/old/b', 'bytes=1-5'),
    ];
    expect(copiesOf(seen, twin)).toEqual([
      {
        key: 'bare/graph/new/a',
        copies: [
          { source: 'bucket/graph/old/a', range: 'bytes=4-9' },
          { source: 'bucket/graph/old/b', range: 'bytes=1-5' },
        ],
      },
      { key: 'bare/graph/new/b', copies: [{ source: 'bucket/graph/old/b', range: 'bytes=0-0' }] },
    ]);
  });

  it('lie as their parts are numbered, whichever was asked for first: only the last may be short', () => {
    const seen = [
      part('a', 10, 'old', 'bytes=20-20'),
      part('a', 3),
      part('a', 9, 'old', 'bytes=10-19'),
      part('a', 2, 'old', 'bytes=0-9'),
    ];
    expect(copiesOf(seen, twin)[0]!.copies.map(({ range }) => range)).toEqual([
      'bytes=0-9',
      'bytes=10-19',
      'bytes=20-20',
    ]);
  });

  it('are not those with which a server is tried, whose part is then copied or uploaded', () => {
    const byte = (key: string): ProxiedRequest => part(key, 1, 'old', 'bytes=0-0');
    const seen = [
      byte('a'),
      part('a', 1, 'old', 'bytes=0-9'),
      byte('b'),
      part('b', 2, 'old', 'bytes=5-9'),
      part('b', 1),
      byte('c'),
      part('c', 1),
    ];
    expect(copiesOf(seen, twin)).toEqual([
      { key: 'bare/graph/new/a', copies: [{ source: 'old', range: 'bytes=0-9' }] },
      { key: 'bare/graph/new/b', copies: [{ source: 'old', range: 'bytes=5-9' }] },
    ]);
  });

  it('are as long as their ranges say', () => {
    expect(rangeLength('bytes=4-9')).toBe(6);
    expect(() => rangeLength('4-9')).toThrow(RangeError);
  });
});

describe('a program that fails', () => {
  it('is told of with the name of its error, whatever stands behind that', () => {
    const stderr = [
      'file:///bench/s3/bare-copies.mjs:1',
      'EntityTooSmall: Your proposed upload is smaller than the minimum allowed size',
      '    at throwDefaultError (index.js:1:1)',
      '    at deserialize (index.js:2:2) {',
      "  '$fault': 'client',",
      "  RequestId: 'YVBYJ1OQXK9SWSXZ',",
      "  HostId: 'jmYFmLrk5XLkwnuDrI4t'",
      '}',
      '',
      'Node.js v20.20.2',
    ].join('\n');
    expect(lastWords(stderr)).toMatch(
      /^EntityTooSmall: Your proposed .*\n…\n.*HostId.*Node\.js v20\.20\.2$/s,
    );
    expect(lastWords('one\ntwo\n')).toBe('one\ntwo');
  });
});

describe('ratios on S3', () => {
  const costs = { ours: [cost(3), cost(2), cost(4)], bareCopies: [cost(2)], inside: [1.5] };

  it('have stable names', () => {
    expect(s3Case(FACTS, costs).ratios).toEqual({
      time_vs_copies: 1.5,
      client_bytes_share: 0.04,
      peak_rss_mb: 200,
    });
  });

  it('say which targets are met', () => {
    const cases = [s3Case(FACTS, costs), s3Case({ ...FACTS, layout: 'fewest-bytes' }, costs)];
    expect(s3TargetsOf(cases).map(({ ratio, value, met }) => [ratio, value, met])).toEqual([
      ['client_bytes_share', 0.04, true],
      ['time_vs_copies', 1.5, true],
      ['peak_rss_mb', 200, true],
    ]);
  });

  it('compare no time where nothing was large enough to be copied', () => {
    const one = s3Case({ ...FACTS, copies: 0, copied_bytes: 0 }, { ...costs, bareCopies: [], inside: [] });
    expect(one.bare_copies).toBeUndefined();
    expect(one.ratios).not.toHaveProperty('time_vs_copies');
  });
});
