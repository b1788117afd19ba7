import { describe, expect, it } from 'vitest';
import { pictureOf } from '../../bench/plots/plot.js';
import { peersPlots } from '../../bench/plots/peers.js';
import { renderSvg } from '../../bench/plots/render.js';
import { logTicks } from '../../bench/plots/ticks.js';
import { type GraphReport, peerReport, type RunReport } from '../../bench/report.js';
import type { Peer } from '../../bench/peers.js';

function graph(name: string): GraphReport {
  const peer = (peer: Peer, seconds: number) =>
    peerReport(peer, [
      {
        seconds,
        syncSeconds: 0,
        cpuSeconds: seconds,
        peakRssBytes: 150 * 1024 * 1024,
        bytesRead: 1,
        bytesWritten: 1,
        filesWritten: 1,
        outputBytes: 1,
      },
    ]);
  const peers = [peer('ours-most-frequent', 1.25), peer('reference-in-memory', 12.5), peer('spark', 60)];
  const moved_bytes = { fewest_bytes: 1, most_frequent: 1 };
  return { graph: name, bytes: 1024 ** 3, parts: 8, moved_bytes, peers, ratios: {} };
}

const REPORT = {
  preset: 'standard',
  cache: 'warm',
  machine: { cores: 2 },
  graphs: [graph('mag240m'), graph('user-item')],
} as RunReport;

describe('the plot of peers', () => {
  it('shows the first graph by itself, for the README, and all graphs', () => {
    expect(peersPlots(REPORT).map(({ name }) => name)).toEqual(['standard-main', 'standard-graphs']);
  });

  it.each(['light', 'dark'] as const)(
    'says on a %s page who took how long and how much memory',
    async (theme) => {
      const [main] = peersPlots(REPORT);
      const svg = await renderSvg(main!.draw(theme), theme);
      const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
      for (const text of [
        'Aligning a graph: time and memory',
        'mag240m, 1.0 GB',
        'gs-repartition, reference’s layout',
        'reference, in memory',
        '1.25 s',
        '12.5 s',
        '150 MB',
        'seconds (log scale)',
        'peak memory in MB (log scale)',
      ]) {
        expect(texts).toContain(text);
      }
      // Ink that can be read on the page, and no page of its own.
      expect(svg).toContain(theme === 'light' ? '#1f2328' : '#e6edf3');
      expect(svg).not.toContain('fill="white"');
    },
  );

  it('follows the theme of the reader', () => {
    const [main] = peersPlots(REPORT);
    expect(pictureOf(main!, 'bench/results/')).toMatch(
      /media="\(prefers-color-scheme: dark\)" srcset="bench\/results\/standard-main-dark\.svg"[^]*src="bench\/results\/standard-main-light\.svg"/,
    );
  });
});

describe('ticks of a log axis', () => {
  it('are round, and fewer the more decades there are', () => {
    expect(logTicks(0.9, 8)).toEqual([1, 2, 5]);
    expect(logTicks(0.2, 80)).toEqual([0.3, 1, 3, 10, 30]);
    expect(logTicks(500, 2_000_000)).toEqual([1000, 10_000, 100_000, 1_000_000]);
  });
});
