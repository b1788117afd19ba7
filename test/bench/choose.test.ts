import { describe, expect, it } from 'vitest';
import { choose } from '../../bench/choose.js';
import { PRESETS, type Preset } from '../../bench/presets.js';

const MIB = 1024 * 1024;

function graphsOf(preset: Preset): string[] {
  return 'graphs' in preset ? preset.graphs.map(({ graph }) => graph) : [];
}

describe('a preset with what the command line says instead', () => {
  it('is itself when nothing is said', () => {
    for (const preset of Object.values(PRESETS)) expect(choose(preset, {})).toEqual(preset);
  });

  it('has no graph larger than --max-bytes, and about as many parts as before', () => {
    const chosen = choose(PRESETS.standard, { maxBytes: 256 * MIB, graphs: 'mag240m', repeats: 1 });
    expect(chosen).toMatchObject({
      repeats: 1,
      graphs: [{ graph: 'mag240m', bytes: 256 * MIB, partBytes: 8 * MIB }],
    });
  });

  it('measures the peers that are named, and says of no other why it is left out', () => {
    const chosen = choose(PRESETS.quick, { peers: 'ours-most-frequent, spark' });
    expect(chosen).toMatchObject({ peers: ['ours-most-frequent', 'spark'], leftOut: {} });
  });

  it('draws the curves that are named, up to the bytes that are allowed', () => {
    const chosen = choose(PRESETS.scaling, { curves: 'bytes,parts', maxBytes: 512 * MIB, repeats: 2 });
    if (chosen.kind !== 'scaling') throw new Error(chosen.kind);
    expect(chosen.curves.bytes.map(({ x, repeats }) => [x / MIB, repeats])).toEqual([
      [256, 2],
      [512, 2],
    ]);
    expect(chosen.curves.parts.map(({ x, graph }) => [x, graph.bytes / MIB])).toEqual([
      [10, 512],
      [100, 512],
      [1000, 512],
      [10_000, 512],
    ]);
    expect(chosen.curves.workers).toEqual([]);
    expect(chosen.planning).toEqual([]);
  });

  it('puts one graph in place of the curves where it is described', () => {
    const model = { parts: 100, latency: '30:200', rates: '0:0', commands: ['here', 'there'] };
    const chosen = choose(PRESETS['s3-model'], { model, repeats: 3 });
    if (chosen.kind !== 's3-model') throw new Error(chosen.kind);
    const costs = { latencyMs: 30, tailMs: 200, readsPerSecond: 0, writesPerSecond: 0 };
    expect(chosen).toMatchObject({ planning: [], commands: ['here', 'there'] });
    expect(chosen.points).toMatchObject([{ curve: 'parts', x: 100, parts: 100, repeats: 3, costs }]);
    const planned = choose(PRESETS['s3-model'], { curves: 'planning', model: { parts: 1_000_000 } });
    expect(planned).toMatchObject({ points: [], planning: [1_000_000] });
    const byLatency = choose(PRESETS['s3-model'], { curves: 'latency' });
    expect(byLatency).toMatchObject({ points: [10, 30, 100].map((latencyMs) => ({ costs: { latencyMs } })) });
  });

  it.each([
    [{ latency: 'slow' }, /--latency "slow" is no number/],
    [{ rates: '1:2:3' }, /--rates "1:2:3" is no number, or two/],
  ])('refuses %j', (model, message) => {
    expect(() => choose(PRESETS['s3-model'], { model })).toThrow(message);
  });

  it.each([
    [{ peers: 'duckbd' }, /no peer "duckbd"/],
    [{ graphs: 'papers' }, /no graph "papers"/],
  ])('knows no %j', (choice, message) => {
    expect(() => choose(PRESETS.quick, choice)).toThrow(message);
  });
});

describe('the presets', () => {
  it('measure every peer of the comparison at least five times, quick all but Spark', () => {
    const all = [
      'ours-fewest-bytes',
      'ours-most-frequent',
      'cp-fewest-bytes',
      'cp-most-frequent',
      'reference-in-memory',
      'reference-streaming',
      'graphstorm-in-memory',
      'duckdb',
    ];
    expect(PRESETS.standard).toMatchObject({ peers: [...all, 'spark'], repeats: 5, fewer: {} });
    expect(PRESETS.quick).toMatchObject({ peers: all, repeats: 5, fewer: {} });
    expect(graphsOf(PRESETS.standard)).toEqual(['mag240m', 'mag', 'papers100m', 'user-item']);
  });

  it('draw the curves up to 16 GB, 100,000 parts, 8 workers and a million planned parts', () => {
    const { scaling } = PRESETS;
    if (scaling.kind !== 'scaling') throw new Error(scaling.kind);
    expect(scaling.curves.bytes.map(({ x }) => x / 1024 ** 3)).toEqual([0.25, 0.5, 1, 2, 4, 8, 16]);
    expect(scaling.curves.parts.map(({ x }) => x)).toEqual([10, 100, 1000, 10_000, 100_000]);
    expect(scaling.curves.workers.map(({ x }) => x)).toEqual([1, 2, 3, 4, 6, 8]);
    expect(scaling.planning.at(-1)).toBe(1_000_000);
  });
});
