/** An id mapping, id by id: each node must have one, of its own. */
import { type Data, DataType } from 'apache-arrow';
import { crc32 } from 'node:zlib';
import type { Storage } from '../../../storage/storage.js';
import { MemoryError, type Room } from '../../../memory.js';
import { readerBytes } from './batches.js';
import type { MappingUnit, UnitFacts } from './model.js';
import {
  MOST_READER_BYTES,
  type Outcome,
  type ReadOptions,
  readRows,
  type RowsRequest,
  UnitProblem,
  usualRoom,
} from './read-unit.js';

/** Original ids are looked at so many at a time, by their hashes; each time all are read. */
const ORIGINALS_AT_ONCE = 3_000_000;
const MOST_PASSES = 8;
/** Of a hash of an original id, in a table that is at most half full. */
const SLOT_BYTES = 8;

/** @throws whatever keeps us from looking; what is wrong with the mapping is returned */
export async function readMapping(
  storage: Storage,
  unit: MappingUnit,
  options: ReadOptions,
): Promise<Outcome> {
  const slots = slotsFor(unit.nodes);
  const needed = Math.ceil(unit.nodes / 8) + slots * SLOT_BYTES + usualRoom(storage);
  let room: Room | undefined;
  try {
    room = await options.memory.take(needed);
    const facts = await lookAtIds(storage, unit, { ...options, room, slots });
    return { facts, isSpent: readerBytes() > MOST_READER_BYTES };
  } catch (error) {
    if (error instanceof UnitProblem) return { facts: error.facts, isSpent: error.isSpent };
    if (!(error instanceof MemoryError)) throw error;
    const problem = `telling its ids apart ${error.message}; \`memory\` of ${error.allowance} will do`;
    return { facts: { kind: 'unknown', path: unit.parts[0]?.path ?? '', problem }, isSpent: false };
  } finally {
    room?.release();
  }
}

function slotsFor(nodes: number): number {
  return 2 ** Math.ceil(Math.log2(2 * Math.max(1, Math.min(nodes, ORIGINALS_AT_ONCE))));
}

async function lookAtIds(
  storage: Storage,
  { parts, nodes }: MappingUnit,
  { slots, ...request }: RowsRequest & { slots: number },
): Promise<UnitFacts> {
  const passes = Math.max(1, Math.ceil(nodes / ORIGINALS_AT_ONCE));
  const isEach = passes <= MOST_PASSES;
  const ids = new Ids(nodes);
  let [sameOriginals, rows] = [0, 0];
  for (let pass = 0; pass < (isEach ? passes : 1); pass++) {
    const originals = isEach ? new Originals(pass, passes, slots) : undefined;
    for (const part of parts) {
      const idColumns = new Set<string>();
      const read = await readRows(storage, part, request, (name, data) => {
        const areIds = isIds(name, data.type);
        if (areIds) idColumns.add(name);
        if (!areIds) originals?.add(data);
        else if (pass === 0) ids.add(data);
      });
      if (pass === 0) rows += read;
      if (read > 0 && idColumns.size === 0) {
        const problem = 'none of its columns is called new or node_int_id and holds integers';
        return { kind: 'unreadable', path: part.path, problem };
      }
    }
    sameOriginals += originals?.same ?? 0;
  }
  return { kind: 'mapping', rows, ...ids.counts(), sameOriginals: isEach ? sameOriginals : undefined };
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
  private readonly table: Uint32Array;

  constructor(
    private readonly pass: number,
    private readonly passes: number,
    private readonly slots: number,
  ) {
    this.table = new Uint32Array(slots * 2);
  }

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
