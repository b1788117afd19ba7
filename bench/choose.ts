/** A preset with what the command line says instead. Pure. */
import { BenchError } from './bench-error.js';
import type { GraphRequest } from './graphs.js';
import { type Peer, PEERS } from './peers.js';
import {
  MODEL_PARTS,
  type PeersPreset,
  type PointRequest,
  type Preset,
  type S3ModelPreset,
  type S3Preset,
  type ScalingPreset,
} from './presets.js';
import type { Costs } from './s3-model/costs.js';

export interface Choice {
  /** Names with commas between. */
  peers?: string | undefined;
  graphs?: string | undefined;
  curves?: string | undefined;
  repeats?: number | undefined;
  /** No graph is larger. */
  maxBytes?: number | undefined;
  seed?: number | undefined;
  /** Of the model of S3: one point in place of the curves. */
  model?: ModelChoice | undefined;
}

export interface ModelChoice {
  parts?: number | undefined;
  partBytes?: number | undefined;
  /** Milliseconds: the median, or `MEDIAN:P99`. */
  latency?: string | undefined;
  /** Requests a second, `READS:WRITES`; 0 for no limit. */
  rates?: string | undefined;
  concurrency?: number | undefined;
  commands?: readonly string[] | undefined;
}

/** Splits that many parts must be possible, so a part has some rows: a vector has 3 kB. */
const LEAST_PART_BYTES = 10_000;

/** @throws BenchError for names that the preset does not know */
export function choose(preset: Preset, choice: Choice): Preset {
  switch (preset.kind) {
    case 'peers':
      return choosePeers(preset, choice);
    case 's3':
      return { ...chooseGraphs(preset, choice), repeats: choice.repeats ?? preset.repeats };
    case 's3-model':
      return chooseModel(preset, choice);
    case 'scaling':
      return chooseCurves(preset, choice);
  }
}

function choosePeers(preset: PeersPreset, choice: Choice): PeersPreset {
  const peers = named(choice.peers, Object.keys(PEERS) as Peer[], 'peer');
  return {
    ...chooseGraphs(preset, choice),
    repeats: choice.repeats ?? preset.repeats,
    ...(peers && { peers, leftOut: {} }),
  };
}

/** What is said of one graph makes one point of the curves, or one plan. */
function chooseModel(
  preset: S3ModelPreset,
  { repeats, curves, maxBytes = Infinity, model = {} }: Choice,
): S3ModelPreset {
  const { parts, partBytes, latency, rates, concurrency, commands = preset.commands } = model;
  const known = ['parts', 'part-bytes', 'latency', 'tail', 'threads', 'rates', 'planning'] as const;
  const isOne = [parts, partBytes, latency, rates, concurrency].some((given) => given !== undefined);
  const names: readonly string[] = named(curves, known, 'curve') ?? (isOne ? ['parts'] : known);
  const points =
    isOne && curves === undefined
      ? preset.points.filter((point) => point.curve === 'parts' && point.parts === MODEL_PARTS)
      : preset.points.filter((point) => names.includes(point.curve));
  const costs = modelCosts(latency, rates);
  const planning = parts === undefined ? preset.planning : [parts];
  return {
    ...preset,
    commands,
    points: points
      .map((point) => ({
        ...point,
        ...(parts !== undefined && { parts }),
        ...(parts !== undefined && point.curve === 'parts' && { x: parts }),
        ...(partBytes !== undefined && { partBytes }),
        ...(concurrency !== undefined && { concurrency }),
        repeats: repeats ?? point.repeats,
        costs: { ...point.costs, ...costs },
      }))
      .filter((point) => point.parts * point.partBytes <= maxBytes),
    planning: names.includes('planning') ? planning : [],
    costs: { ...preset.costs, ...costs },
    repeats: repeats ?? preset.repeats,
  };
}

/**
 * What the command line says of the model's costs.
 * @throws BenchError for what is no number
 */
export function modelCosts(latency: string | undefined, rates: string | undefined): Partial<Costs> {
  const [latencyMs, tailMs = 0] = numbers(
    latency,
    'latency',
    'write --latency 30, or 30:200 for median and p99',
  );
  const [readsPerSecond, writesPerSecond] = numbers(
    rates,
    'rates',
    'write --rates 5500:3500, or 0:0 for no limits',
  );
  return {
    ...(latencyMs !== undefined && { latencyMs, tailMs }),
    ...(readsPerSecond !== undefined && { readsPerSecond }),
    ...(writesPerSecond !== undefined && { writesPerSecond }),
  };
}

function numbers(text: string | undefined, option: string, hint: string): number[] {
  const all = text?.split(':').map(Number) ?? [];
  if (all.length <= 2 && all.every((value) => value >= 0)) return all;
  throw new BenchError(`--${option} "${text ?? ''}" is no number, or two`, hint);
}

function chooseGraphs<T extends PeersPreset | S3Preset>(preset: T, choice: Choice): T {
  const known = preset.graphs.map(({ graph }) => graph);
  const names = named(choice.graphs, known, 'graph') ?? known;
  const graphs = preset.graphs.filter(({ graph }) => names.includes(graph));
  return { ...preset, graphs: graphs.map((graph) => limited(graph, choice)) };
}

function chooseCurves(preset: ScalingPreset, choice: Choice): ScalingPreset {
  const { maxBytes = Infinity, repeats } = choice;
  const known = ['bytes', 'parts', 'workers', 'planning'] as const;
  const names: readonly string[] = named(choice.curves, known, 'curve') ?? known;
  const points = (name: keyof ScalingPreset['curves']): PointRequest[] =>
    (names.includes(name) ? preset.curves[name] : [])
      .filter(({ x, graph: { parts = 1 } }) =>
        name === 'bytes' ? x <= maxBytes : parts === 1 || parts * LEAST_PART_BYTES <= maxBytes,
      )
      .map((point) => ({
        ...point,
        graph: limited(point.graph, choice),
        repeats: Math.min(repeats ?? Infinity, point.repeats),
      }));
  return {
    ...preset,
    curves: { bytes: points('bytes'), parts: points('parts'), workers: points('workers') },
    planning: names.includes('planning') ? preset.planning : [],
    repeats: repeats ?? preset.repeats,
  };
}

/** The graph at no more than the bytes that are allowed, in about as many parts as before. */
function limited(request: GraphRequest, { maxBytes = Infinity, seed = request.seed }: Choice): GraphRequest {
  if (request.bytes <= maxBytes) return { ...request, seed };
  const scale = maxBytes / request.bytes;
  return { ...request, seed, bytes: maxBytes, partBytes: Math.max(1, Math.round(request.partBytes * scale)) };
}

function named<T extends string>(
  list: string | undefined,
  known: readonly T[],
  what: string,
): T[] | undefined {
  return list?.split(',').map((name) => {
    const found = known.find((candidate) => candidate === name.trim());
    if (found !== undefined) return found;
    throw new BenchError(`no ${what} "${name}"`, `the names are ${known.join(', ')}`);
  });
}
