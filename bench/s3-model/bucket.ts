/** The model's bucket: what the recipe says lies there, and what was put there since. */
import { closeSync, openSync, statSync } from 'node:fs';
import { type Recipe, VirtualObjects } from './recipe.js';
import { type Rope, ropeOf, Uploaded } from './rope.js';

export interface StoredObject {
  rope: Rope;
  /** Without quotes. */
  etag: string;
  /** When it was put there, in ms; of a recipe's object, when the model was started. */
  modified: number;
  /** The copies that it was made of. */
  copies?: CopiedRange[];
}

export interface CopiedRange {
  /** As in `x-amz-copy-source`. */
  source: string;
  /** As in `x-amz-copy-source-range`. */
  range: string;
}

/** A part of an upload. */
export interface Part {
  rope: Rope;
  etag: string;
  copy?: CopiedRange;
}

export interface Upload {
  id: string;
  key: string;
  began: number;
  parts: Map<number, Part>;
}

export interface Listing {
  objects: (readonly [key: string, object: StoredObject])[];
  /** What stands for all keys that go on behind it. */
  commonPrefixes: string[];
  /** The key or common prefix to go on behind; undefined at the end. */
  next: string | undefined;
}

export class Bucket {
  readonly name: string;
  uploads = new Map<string, Upload>();
  readonly uploaded: Uploaded;
  private readonly files: Rope[];
  private readonly virtual: VirtualObjects;
  private readonly started = Date.now();
  private own = new Map<string, StoredObject>();
  /** Undefined when `own` has other keys. */
  private sorted: string[] | undefined;
  private removed = new Set<string>();
  private uploadsBegun = 0;

  /** @param spill a file that may be made, for uploaded bytes */
  constructor(recipe: Recipe, spill: string) {
    this.name = recipe.bucket;
    this.virtual = new VirtualObjects(recipe);
    this.uploaded = new Uploaded(spill);
    this.files = recipe.templates.map((path) =>
      ropeOf([{ kind: 'file', file: openSync(path, 'r'), start: 0, length: statSync(path).size }]),
    );
  }

  get(key: string): StoredObject | undefined {
    const own = this.own.get(key);
    if (own !== undefined || this.removed.has(key)) return own;
    const found = this.virtual.find(key);
    return found && this.stored(found);
  }

  put(key: string, object: StoredObject): void {
    if (!this.own.has(key)) this.sorted = undefined;
    this.own.set(key, object);
  }

  delete(key: string): void {
    if (this.own.delete(key)) this.sorted = undefined;
    if (this.virtual.find(key)) this.removed.add(key);
  }

  begin(key: string): Upload {
    const id = `upload-${String(++this.uploadsBegun).padStart(10, '0')}`;
    const upload = { id, key, began: Date.now(), parts: new Map<number, Part>() };
    this.uploads.set(id, upload);
    return upload;
  }

  /** Only what the recipe says is there again. */
  restore(): void {
    this.own = new Map();
    this.sorted = undefined;
    this.removed = new Set();
    this.uploads = new Map();
  }

  /** What was put there, in the order of keys. */
  *added(): Generator<readonly [string, StoredObject]> {
    this.sorted ??= [...this.own.keys()].sort();
    for (const key of this.sorted) yield [key, this.own.get(key)!];
  }

  /** Objects whose keys begin with `prefix` and come behind `after`. */
  list(prefix: string, after: string, delimiter: string, most: number): Listing {
    const listing: Listing = { objects: [], commonPrefixes: [], next: undefined };
    // The last before all keys that begin with the prefix, or the prefix itself if that is a key.
    let last = after;
    let entries = this.behind(last, prefix);
    for (let next = entries.next(); next.done !== true; next = entries.next()) {
      const [key, object] = next.value;
      if (listing.objects.length + listing.commonPrefixes.length === most) {
        listing.next = last;
        break;
      }
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) {
        listing.objects.push([key, object]);
        last = key;
        continue;
      }
      const common = key.slice(0, end + delimiter.length);
      // A page may go on behind it.
      if (common !== after) listing.commonPrefixes.push(common);
      last = common;
      entries = this.behind(`${common}\uffff`, prefix);
    }
    return listing;
  }

  close(): void {
    this.uploaded.close();
    for (const { pieces } of this.files)
      for (const piece of pieces) if (piece.kind === 'file') closeSync(piece.file);
  }

  private stored({ template, etag }: { template: number; etag: string }): StoredObject {
    return { rope: this.files[template]!, etag, modified: this.started };
  }

  /** Both kinds of objects in the order of keys. */
  private *behind(after: string, prefix: string): Generator<readonly [string, StoredObject]> {
    // Just before the prefix: no key lies between a string and the same with its last letter lowered and a long tail.
    const start = after >= prefix ? after : before(prefix);
    this.sorted ??= [...this.own.keys()].sort();
    const own = this.sorted;
    let i = firstBehind(own, start);
    for (const object of this.virtual.behind(start)) {
      if (object.key >= prefix && !object.key.startsWith(prefix)) break;
      for (; i < own.length && own[i]! <= object.key; i++) {
        if (own[i] === object.key || !own[i]!.startsWith(prefix)) continue;
        yield [own[i]!, this.own.get(own[i]!)!];
      }
      if (this.removed.has(object.key) && !this.own.has(object.key)) continue;
      if (object.key.startsWith(prefix)) yield [object.key, this.get(object.key)!];
    }
    for (; i < own.length && own[i]!.startsWith(prefix); i++) yield [own[i]!, this.own.get(own[i]!)!];
  }
}

function before(prefix: string): string {
  if (prefix === '') return '';
  const last = prefix.charCodeAt(prefix.length - 1);
  return `${prefix.slice(0, -1)}${String.fromCharCode(last - 1)}\uffff`;
}

function firstBehind(sorted: readonly string[], key: string): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! > key) to = middle;
    else from = middle + 1;
  }
  return from;
}
