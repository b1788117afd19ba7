import { describe, expect, it } from 'vitest';
import { byKind, type CpuProfile, functionTimes } from '../../bench/profile/cpu-profile.js';

const frame = (functionName: string, url: string, lineNumber = 0) => ({ functionName, url, lineNumber });

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(idle)', '') },
    { id: 2, callFrame: frame('splice', 'file:///app/dist/parquet/splice.js', 9) },
    { id: 3, callFrame: frame('read', 'node:fs', 99) },
    { id: 4, callFrame: frame('uncompressSync', '') },
    { id: 5, callFrame: frame('', 'file:///app/node_modules/@aws-sdk/core/index.js') },
    { id: 6, callFrame: frame('(garbage collector)', '') },
    // The same function, reached by another way.
    { id: 7, callFrame: frame('splice', 'file:///app/dist/parquet/splice.js', 9) },
  ],
  samples: [1, 2, 7, 3, 4, 5, 6],
  timeDeltas: [1_000_000, 500_000, 1_500_000, 250_000, 125_000, 60_000, 30_000],
};

describe('a CPU profile', () => {
  it('says how long each function took by itself, from wherever it was called', () => {
    expect(functionTimes([PROFILE], '/app').slice(0, 5)).toEqual([
      { name: 'splice', place: 'src/parquet/splice:10', seconds: 2 },
      { name: '(idle)', place: '', seconds: 1 },
      { name: 'read', place: 'node:fs:100', seconds: 0.25 },
      { name: 'uncompressSync', place: '', seconds: 0.125 },
      { name: '(anonymous)', place: '@aws-sdk/core', seconds: 0.06 },
    ]);
  });

  it('says whose code that was', () => {
    expect(byKind(functionTimes([PROFILE], '/app'))).toEqual({
      waiting: 1,
      'garbage collection': 0.03,
      native: 0.125,
      node: 0.25,
      packages: 0.06,
      'gs-repartition': 2,
    });
  });
});
