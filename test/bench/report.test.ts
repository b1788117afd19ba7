import { describe, expect, it } from 'vitest';
import { movedParts } from '../../bench/graphs.js';
import type { Cost } from '../../bench/measure/measure.js';
import type { Peer } from '../../bench/peers.js';
import { type PeerReport, peerReport, ratiosOf, targetsOf } from '../../bench/report.js';
import { isNoisy, median, spreadOf } from '../../bench/stats.js';
import { formatBytes, parseBytes } from '../../bench/units.js';

function report(peer: Peer, seconds: number, written: number, rssMb = 100): PeerReport {
  const cost: Cost = {
    seconds,
    syncSeconds: 0,
    cpuSeconds: seconds,
    peakRssBytes: rssMb * 1024 * 1024,
    bytesRead: 0,
    bytesWritten: written,
    filesWritten: 1,
    outputBytes: written,
  };
  return peerReport(peer, [cost]);
}

describe('statistics of repeated measurements', () => {
  it('takes the middle one, or the mean of the two in the middle', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it('calls runs noisy that lie more than 30 % apart', () => {
    expect(isNoisy(spreadOf([1, 1.1, 1.29]))).toBe(false);
    expect(isNoisy(spreadOf([1, 1, 1.31]))).toBe(true);
  });
});

describe('ratios of a run', () => {
  const peers = [
    report('ours-fewest-bytes', 1, 10, 140),
    report('ours-most-frequent', 2, 90, 160),
    report('cp-fewest-bytes', 0.5, 10),
    report('cp-most-frequent', 1.6, 90),
    report('reference-in-memory', 24, 100, 4000),
    report('reference-streaming', 30, 100, 800),
  ];

  it('have stable names', () => {
    expect(ratiosOf(peers)).toEqual({
      speedup_vs_in_memory: 12,
      speedup_vs_streaming: 15,
      time_vs_cp: 1.25,
      default_speedup_vs_in_memory: 24,
      default_speedup_vs_streaming: 30,
      default_time_vs_cp: 2,
      bytes_written_vs_reference: 0.1,
      peak_rss_mb: 160,
      in_memory_peak_rss_mb: 4000,
      streaming_peak_rss_mb: 800,
    });
  });

  it('say which targets are met', () => {
    const targets = targetsOf([{ graph: 'mag', ratios: ratiosOf(peers) }]);
    expect(targets.map(({ target, met }) => [target, met])).toEqual([
      ['≥ 10 × faster than the in-memory algorithm', true],
      ['≥ 20 × faster than the streaming algorithm', false],
      ['peak RSS < 300 MB', true],
      ['≤ 1.25 × cp', true],
      ["default layout writes ≤ 20 % of the reference's bytes", true],
      ["default layout never writes more than the reference's bytes", true],
    ]);
  });

  it('leave out what was not measured', () => {
    expect(ratiosOf([report('ours-most-frequent', 2, 90, 160)])).toEqual({ peak_rss_mb: 160 });
  });
});

describe('sizes', () => {
  it('are read as people write them', () => {
    expect(parseBytes('1g')).toBe(1024 ** 3);
    expect(parseBytes('1.5 MB')).toBe(1.5 * 1024 ** 2);
    expect(() => parseBytes('much')).toThrow('"much" is no number of bytes');
    expect(formatBytes(1.5 * 1024 ** 3)).toBe('1.5 GB');
  });
});

describe('the bytes that had to move', () => {
  it('are the parts that the updated metadata no longer list, shared ones once', () => {
    const entry = (...data: string[]): { data: string[]; row_counts: number[] } => ({ data, row_counts: [] });
    const before = {
      edges: { 'a:to:b': entry('e0', 'e1') },
      edge_data: { 'a:to:b': { mask: entry('m0') }, 'b:to-rev:a': { mask: entry('m0') } },
    };
    const after = {
      edges: { 'a:to:b': entry('e0', 'new') },
      edge_data: { 'a:to:b': { mask: entry('n') }, 'b:to-rev:a': { mask: entry('n') } },
    };
    expect(movedParts(before, after)).toEqual(['e1', 'm0']);
  });
});
