import { describe, expect, it } from 'vitest';
import type { Cost } from '../../bench/measure/measure.js';
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

function request(operation: string, path: string, source: string, range: string): ProxiedRequest {
  const headers = { 'x-amz-copy-source': source, 'x-amz-copy-source-range': range };
  return { operation, path, url: `/${path}`, headers, number: 1, ofOperation: 1 };
}

describe('the copies that an alignment asked for', () => {
  it('are gathered by new object, under keys of their own', () => {
    const seen = [
      request('UploadPartCopy', 'bucket/graph/new/a', 'bucket/graph/old/a', 'bytes=4-9'),
      request('PutObject', 'bucket/graph/status', '', ''),
      request('UploadPartCopy', 'bucket/graph/new/b', 'bucket/graph/old/b', 'bytes=0-0'),
      request('UploadPartCopy', 'bucket/graph/new/a', 'bucket/graph/old/b', 'bytes=1-5'),
    ];
    expect(copiesOf(seen, (key) => `bare/${key}`)).toEqual([
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

  it('are as long as their ranges say', () => {
    expect(rangeLength('bytes=4-9')).toBe(6);
    expect(() => rangeLength('4-9')).toThrow(RangeError);
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
