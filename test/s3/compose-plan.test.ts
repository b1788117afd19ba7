import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import {
  type ComposeLimits,
  type ComposePlan,
  planCompose,
  planEqualParts,
  planFetches,
  S3_LIMITS,
  type UploadPart,
} from '../../src/s3/compose-plan.js';
import { lengthOf } from '../../src/segments.js';
import type { Segment } from '../../src/storage/storage.js';

const MIB = 1024 * 1024;

/** Limits in which an object of a few dozen bytes has everything a large one has. */
const SMALL: ComposeLimits = { minPart: 5, maxPart: 40, maxParts: 1000, maxObject: 100_000, copyPart: 20 };

const copy = (path: string, start: number, end: number): Segment => ({
  kind: 'copy',
  path,
  version: 'v1',
  start,
  end,
});
const bytes = (length: number): Segment => ({ kind: 'bytes', bytes: new Uint8Array(length) });

/** The segments' bytes by origin: `a17` is byte 17 of object a, `#4` the fifth byte in hand. */
function origins(segments: readonly Segment[]): string[] {
  return segments.flatMap((segment) =>
    segment.kind === 'copy'
      ? Array.from({ length: segment.end - segment.start }, (_, i) => `${segment.path}${segment.start + i}`)
      : [...segment.bytes].map((byte) => `#${byte}`),
  );
}

function partsOf(plan: ComposePlan): UploadPart[] {
  return plan.kind === 'multipart' ? plan.parts : [{ kind: 'upload', size: plan.size, pieces: plan.pieces }];
}

const piecesOf = (part: UploadPart): Segment[] => (part.kind === 'copy' ? [part.source] : part.pieces);
const sizeOf = (part: UploadPart): number => piecesOf(part).reduce((sum, piece) => sum + lengthOf(piece), 0);

function uploaded(plan: ComposePlan): number {
  return partsOf(plan).reduce((sum, part) => sum + (part.kind === 'upload' ? part.size : 0), 0);
}

function fetched(plan: ComposePlan): number {
  return partsOf(plan)
    .filter((part) => part.kind === 'upload')
    .flatMap((part) => part.pieces)
    .reduce((sum, piece) => sum + (piece.kind === 'copy' ? lengthOf(piece) : 0), 0);
}

/** Segments as an alignment makes them: copies of a few objects, mixed with bytes. Bytes are numbered. */
function segmentsArbitrary(longest: number, most: number): fc.Arbitrary<Segment[]> {
  const one = fc.oneof(
    fc.record({
      path: fc.constantFrom('a', 'b', 'c'),
      start: fc.nat(10),
      length: fc.nat(longest),
    }),
    fc.record({ length: fc.nat(longest) }),
  );
  return fc.array(one, { maxLength: most }).map((list) => {
    let next = 0;
    return list.map((item): Segment =>
      'path' in item
        ? copy(item.path, item.start, item.start + item.length)
        : { kind: 'bytes', bytes: Uint8Array.from({ length: item.length }, () => next++ % 256) },
    );
  });
}

/** Copies that are hardly longer than a part, with crumbs between them: where the choice is hard. */
const crowdedArbitrary: fc.Arbitrary<Segment[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(3)), { maxLength: 8 })
  .map((list) => list.flatMap(([length, crumb], i) => [bytes(crumb), copy('abcdefgh'[i]!, 0, length)]));

describe('the parts of an object', () => {
  test('are its segments, byte for byte, within all limits', () => {
    fc.assert(
      fc.property(segmentsArbitrary(60, 12), (segments) => {
        const plan = planCompose(segments, SMALL);
        const parts = partsOf(plan);
        // One comparison of text a run: comparing lists of a thousand strings is what takes time, not the plan.
        const wanted = origins(segments);
        expect(origins(parts.flatMap(piecesOf)).join(' ')).toBe(wanted.join(' '));
        expect(plan.size).toBe(wanted.length);
        const { minPart, maxPart, copyPart } = SMALL;
        const isWithin = (part: UploadPart, i: number): boolean =>
          (i === parts.length - 1 || sizeOf(part) >= minPart) &&
          sizeOf(part) <= maxPart &&
          // An uploaded part is held in memory.
          (part.kind === 'copy' ? sizeOf(part) <= copyPart : part.size < 2 * minPart);
        expect(parts.filter((part, i) => !isWithin(part, i))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('fetch no byte more than the best of all possible cuts', () => {
    fc.assert(
      fc.property(fc.oneof(segmentsArbitrary(14, 7), crowdedArbitrary), (segments) => {
        expect(fetched(planCompose(segments, SMALL))).toBe(fewestFetched(origins(segments), SMALL.minPart));
      }),
      { numRuns: 5000 },
    );
  });

  test('fetch at most the small copies and one part around each run of small segments', () => {
    fc.assert(
      fc.property(segmentsArbitrary(60, 12), (segments) => {
        const small = segments.filter((s) => s.kind === 'bytes' || lengthOf(s) < 3 * SMALL.minPart);
        const inSmall = small.reduce((sum, s) => sum + lengthOf(s), 0);
        expect(uploaded(planCompose(segments, SMALL))).toBeLessThanOrEqual(
          inSmall + (small.length + 1) * SMALL.minPart,
        );
      }),
    );
  });

  test('are at most as many as S3 takes', () => {
    fc.assert(
      fc.property(segmentsArbitrary(12, 60), fc.integer({ min: 2, max: 9 }), (segments, maxParts) => {
        const limits = { ...SMALL, maxParts, maxPart: 10_000 };
        const parts = partsOf(planCompose(segments, limits));
        expect(parts.length).toBeLessThanOrEqual(maxParts);
        expect(parts.flatMap(piecesOf).flatMap((piece) => origins([piece]))).toEqual(origins(segments));
        for (const part of parts.slice(0, -1)) expect(sizeOf(part)).toBeGreaterThanOrEqual(SMALL.minPart);
      }),
    );
  });
});

/** By trying every cut: the fewest bytes of copies that lie in uploaded parts. */
function fewestFetched(object: string[], minPart: number): number {
  const best = new Array<number>(object.length + 1).fill(Infinity);
  best[object.length] = 0;
  for (let from = object.length - 1; from >= 0; from -= 1) {
    let copies = 0;
    let oneRange = !object[from]!.startsWith('#');
    for (let to = from + 1; to <= object.length; to += 1) {
      const byte = object[to - 1]!;
      if (!byte.startsWith('#')) copies += 1;
      if (to > from + 1) oneRange &&= follows(object[to - 2]!, byte);
      if (to - from < minPart && to !== object.length) continue;
      best[from] = Math.min(best[from]!, (oneRange ? 0 : copies) + best[to]!);
    }
  }
  return best[0]!;
}

function follows(before: string, byte: string): boolean {
  return (
    !byte.startsWith('#') &&
    byte.startsWith(before[0]!) &&
    Number(byte.slice(1)) === Number(before.slice(1)) + 1
  );
}

describe("with S3's limits", () => {
  test('a small object is one put, also when its bytes come from objects', () => {
    expect(planCompose([bytes(4), copy('a', 4, 1000), bytes(300)])).toEqual({
      kind: 'put',
      size: 1300,
      pieces: [bytes(4), copy('a', 4, 1000), bytes(300)],
    });
  });

  test('an object without bytes is an empty put', () => {
    expect(planCompose([])).toEqual({ kind: 'put', size: 0, pieces: [] });
  });

  test('a new footer on old pages uploads the footer alone', () => {
    expect(planCompose([copy('a', 0, 60 * MIB), bytes(500)])).toEqual({
      kind: 'multipart',
      size: 60 * MIB + 500,
      parts: [
        { kind: 'copy', source: copy('a', 0, 60 * MIB) },
        { kind: 'upload', size: 500, pieces: [bytes(500)] },
      ],
    });
  });

  test('a cut page at the head is filled up to 5 MiB, and one at the tail is not', () => {
    const plan = planCompose([bytes(1 * MIB), copy('a', 50 * MIB, 110 * MIB), bytes(1 * MIB)]);
    expect(partsOf(plan).map((part) => [part.kind, sizeOf(part) / MIB])).toEqual([
      ['upload', 5],
      ['copy', 56],
      ['upload', 1],
    ]);
    expect(
      partsOf(plan)
        .flatMap(piecesOf)
        .filter((piece) => piece.kind === 'copy'),
    ).toEqual([copy('a', 50 * MIB, 54 * MIB), copy('a', 54 * MIB, 110 * MIB)]);
  });

  test('two objects end to end need nothing fetched', () => {
    const plan = planCompose([copy('a', 60 * MIB, 128 * MIB), copy('b', 4, 60 * MIB), bytes(100)]);
    expect(fetched(plan)).toBe(0);
    expect(uploaded(plan)).toBe(100);
  });

  test('ranges that continue each other are one range', () => {
    expect(planCompose([copy('a', 0, 3 * MIB), copy('a', 3 * MIB, 9 * MIB)])).toEqual({
      kind: 'multipart',
      size: 9 * MIB,
      parts: [{ kind: 'copy', source: copy('a', 0, 9 * MIB) }],
    });
  });

  test('long copies are split so that S3 can work on them side by side', () => {
    const plan = planCompose([copy('a', 0, 1000 * MIB)]);
    expect(partsOf(plan).map(sizeOf)).toEqual(new Array(16).fill(62.5 * MIB));
  });

  test('5 TiB is 10,000 parts at most', () => {
    const plan = planCompose([bytes(4), copy('a', 4, 5 * 1024 * 1024 * MIB - 4)]);
    expect(plan.size).toBe(5 * 1024 * 1024 * MIB - 4);
    expect(partsOf(plan).length).toBeLessThanOrEqual(10_000);
    expect(Math.max(...partsOf(plan).map(sizeOf))).toBeLessThanOrEqual(S3_LIMITS.maxPart);
  });

  test('an object of 80 GiB in 20,000 cuts is 10,000 parts at most', () => {
    const segments = Array.from({ length: 10_000 }, (_, i) => [
      bytes(10),
      copy('a', i * 10 * MIB, i * 10 * MIB + 8 * MIB),
    ]).flat();
    const parts = partsOf(planCompose(segments));
    expect(parts.length).toBeLessThanOrEqual(10_000);
    expect(parts.slice(0, -1).every((part) => sizeOf(part) >= 5 * MIB)).toBe(true);
  });

  test('more than 5 TiB is refused in one line', () => {
    expect(() => planCompose([copy('a', 0, 5 * 1024 * 1024 * MIB + 1)])).toThrow(
      'an object of 5497558138881 bytes is larger than S3 allows (5497558138880 bytes)',
    );
  });
});

describe('parts of one size', () => {
  const limits = { ...SMALL, mostHeld: 20 };

  test('all but the last are of one size, and hold the bytes in order', () => {
    fc.assert(
      fc.property(fc.oneof(segmentsArbitrary(60, 8), crowdedArbitrary), (segments) => {
        const parts = partsOf(planEqualParts(segments, limits));
        expect(origins(parts.flatMap(piecesOf))).toEqual(origins(segments));
        const sizes = parts.map(sizeOf);
        const [first = 0] = sizes;
        if (sizes.length > 1) expect(first).toBeGreaterThanOrEqual(limits.minPart);
        for (const size of sizes.slice(0, -1)) expect(size).toBe(first);
        expect(sizes.at(-1) ?? 0).toBeLessThanOrEqual(first);
      }),
    );
  });

  test('they are never more than S3 allows', () => {
    const few = { ...limits, maxParts: 3 };
    const plan = planEqualParts([copy('a', 0, 100)], few);
    expect(partsOf(plan).map(sizeOf)).toEqual([34, 34, 32]);
  });

  test('what lies inside a range is copied, what lies across its end goes through the client', () => {
    expect(planEqualParts([bytes(4), copy('a', 4, 1000), bytes(300)])).toMatchObject({ kind: 'put' });
    const plan = planEqualParts([bytes(1 * MIB), copy('a', 50 * MIB, 150 * MIB), bytes(1 * MIB)]);
    const parts = partsOf(plan);
    expect(parts.map(sizeOf)).toEqual([...new Array<number>(20).fill(5 * MIB), 2 * MIB]);
    expect(parts.map(({ kind }) => kind)).toEqual([
      'upload',
      ...new Array<string>(19).fill('copy'),
      'upload',
    ]);
    expect(parts[1]).toEqual({ kind: 'copy', source: copy('a', 54 * MIB, 59 * MIB) });
    expect(fetched(plan)).toBe(4 * MIB + 1 * MIB);
  });

  test('they are larger where that saves more requests than it costs bytes', () => {
    const sizes = partsOf(planEqualParts([copy('a', 0, 1000 * MIB), bytes(500)])).map(sizeOf);
    expect(sizes).toEqual([...new Array<number>(50).fill(20 * MIB), 500]);
  });

  test('an object beyond S3 is refused', () => {
    expect(() => planEqualParts([copy('a', 0, 5 * 1024 * 1024 * MIB + 1)])).toThrow(/larger than S3 allows/);
  });
});

describe('the reads of an uploaded part', () => {
  test('neighbours in one object are read at once, far ranges are not', () => {
    expect(
      planFetches(
        [copy('a', 0, 100), bytes(7), copy('b', 0, 50), copy('a', 150, 200), copy('a', 9000, 9001)],
        1000,
      ),
    ).toEqual([
      {
        path: 'a',
        version: 'v1',
        start: 0,
        end: 200,
        targets: [
          { from: 0, length: 100, at: 0 },
          { from: 150, length: 50, at: 157 },
        ],
      },
      { path: 'a', version: 'v1', start: 9000, end: 9001, targets: [{ from: 9000, length: 1, at: 207 }] },
      { path: 'b', version: 'v1', start: 0, end: 50, targets: [{ from: 0, length: 50, at: 107 }] },
    ]);
  });

  test('bring every copied byte to its place', () => {
    fc.assert(
      fc.property(segmentsArbitrary(20, 10), fc.nat(15), (segments, maxHole) => {
        const part = origins(segments).map((byte) => (byte.startsWith('#') ? byte : ''));
        for (const { path, start, end, targets } of planFetches(segments, maxHole)) {
          for (const { from, length, at } of targets) {
            expect(from).toBeGreaterThanOrEqual(start);
            expect(from + length).toBeLessThanOrEqual(end);
            for (let i = 0; i < length; i += 1) part[at + i] = `${path}${from + i}`;
          }
        }
        expect(part).toEqual(origins(segments));
      }),
    );
  });
});
