/** An id mapping, id by id: each node must have one, of its own. */
import { type Data, DataType } from 'apache-arrow';
import { crc32 } from 'node:zlib';
import type { Storage } from '../../../storage/storage.js';
import type { MappingUnit, UnitFacts } from './model.js';
import { readRows, type ReadOptions } from './read-unit.js';

/** Bits for the ids of so many nodes are kept: 128 MB. */
const MOST_NODES = 2 ** 30;
/** Original ids are looked at so many at a time, by their hashes, in 48 MB; each time all are read. */
const ORIGINALS_AT_ONCE = 3_000_000;
const MOST_PASSES = 8;

export async function readMapping(
  storage: Storage,
  unit: MappingUnit,
  options: ReadOptions,
): Promise<{ facts: UnitFacts; isSpent: boolean }> {
  const path = unit.parts[0]?.path ?? '';
  if (unit.nodes > MOST_NODES) {
    const problem = `more than ${MOST_NODES} ids, which would take too much memory to tell apart`;
    return { facts: { kind: 'unknown', path, problem }, isSpent: false };
  }
  const passes = Math.ceil(unit.nodes / ORIGINALS_AT_ONCE);
  const ids = new Ids(unit.nodes);
  let sameOriginals = 0;
  let rows = 0;
  for (let pass = 0; pass < Math.max(1, passes <= MOST_PASSES ? passes : 1); pass++) {
    const originals = passes <= MOST_PASSES ? new Originals(pass, Math.max(1, passes)) : undefined;
    for (const part of unit.parts) {
      const columns = new Map<string, DataType>();
      const outcome = await readRows(storage, part, undefined, options, (name, data) => {
        columns.set(name, data.type);
        if (isIds(name, data.type)) {
          if (pass === 0) ids.add(data);
        } else originals?.add(data);
      });
      if (!('rows' in outcome)) return outcome;
      if (pass === 0) rows += outcome.rows;
      if (outcome.rows > 0 && ![...columns].some(([name, type]) => isIds(name, type))) {
        const problem = 'none of its columns is called new or node_int_id and holds integers';
        return { facts: { kind: 'unreadable', path: part.path, problem }, isSpent: false };
      }
    }
    sameOriginals += originals?.same ?? 0;
  }
  const facts: UnitFacts = {
    kind: 'mapping',
    rows,
    ...ids.counts(),
    sameOriginals: passes <= MOST_PASSES ? sameOriginals : undefined,
  };
  return { facts, isSpent: false };
}

/** GSProcessing calls them orig and new, or (in later versions) node_str_id and node_int_id. */
function isIds(name: string, type: DataType): boolean {
  return DataType.isInt(type) && /^(?:new|node_int_id)$/.test(name);
}

/** Which numbers of nodes were met. */
class Ids {
  private readonly met: Uint8Array;
  private distinct = 0;
  private outside = 0;
  private twice = 0;
  private nulls = 0;

  constructor(private readonly nodes: number) {
    this.met = new Uint8Array(Math.ceil(nodes / 8));
  }

  add(data: Data): void {
    const values = data.values as ArrayLike<number | bigint>;
    for (let i = 0; i < data.length; i++) {
      if (data.nullCount > 0 && !data.getValid(i)) {
        this.nulls++;
        continue;
      }
      const id = Number(values[i]);
      if (id < 0 || id >= this.nodes) this.outside++;
      else if ((this.met[id >> 3]! & (1 << (id & 7))) !== 0) this.twice++;
      else {
        this.met[id >> 3]! |= 1 << (id & 7);
        this.distinct++;
      }
    }
  }

  counts(): { outside: number; twice: number; missing: number; nulls: number } {
    const { outside, twice, nulls, nodes, distinct } = this;
    return { outside, twice, nulls, missing: nodes - distinct };
  }
}

/** Original ids that were met, by 64 bits of hash, of one class of hashes a pass. */
class Originals {
  same = 0;
  private readonly slots = 1 << 23;
  private readonly table = new Uint32Array(this.slots * 2);

  constructor(
    private readonly pass: number,
    private readonly passes: number,
  ) {}

  add(data: Data): void {
    for (const bytes of valuesOf(data)) {
      const high = crc32(bytes);
      if (high % this.passes !== this.pass) continue;
      const low = fnv1a(bytes) || 1;
      for (let slot = low & (this.slots - 1); ; slot = (slot + 1) & (this.slots - 1)) {
        if (this.table[slot * 2] === 0) {
          this.table[slot * 2] = low;
          this.table[slot * 2 + 1] = high;
          break;
        }
        if (this.table[slot * 2] === low && this.table[slot * 2 + 1] === high) {
          this.same++;
          break;
        }
      }
    }
  }
}

/** The values that are there, as bytes. */
function* valuesOf(data: Data): Generator<Uint8Array> {
  const values = data.values as Uint8Array;
  const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array | undefined;
  const isValid = (i: number): boolean => data.nullCount === 0 || data.getValid(i);
  if (offsets && offsets.length > 0) {
    for (let i = 0; i < data.length; i++) {
      if (isValid(i)) yield values.subarray(Number(offsets[i]), Number(offsets[i + 1]));
    }
    return;
  }
  if (!ArrayBuffer.isView(values)) return;
  const width = values.BYTES_PER_ELEMENT * data.stride;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < data.length; i++) {
    if (isValid(i)) yield bytes.subarray(i * width, (i + 1) * width);
  }
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
