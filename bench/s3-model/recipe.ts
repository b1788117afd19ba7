/** What lies in the model's bucket before a run: a few local files under as many names as there are parts. */

export interface Recipe {
  bucket: string;
  /** Files on disk, whose bytes are served under the names below. */
  templates: string[];
  /** Single objects. */
  objects: { key: string; template: number }[];
  folders: FolderRecipe[];
}

/** Parts as Spark names them: `KEY/part-00017-JOB-c000.snappy.parquet`. */
export interface FolderRecipe {
  /** Without a slash at the end. */
  key: string;
  job: string;
  /** Which template each part is, as runs: `[template, parts]`. */
  runs: [template: number, parts: number][];
}

/** An object of a recipe. */
export interface VirtualObject {
  key: string;
  template: number;
  etag: string;
}

const LEAST_DIGITS = 5;

/** @param parts of the whole folder: all numbers have as many digits, so that the order of keys is that of the parts */
export function partName(index: number, parts: number, job: string): string {
  const digits = Math.max(LEAST_DIGITS, String(parts - 1).length);
  return `part-${String(index).padStart(digits, '0')}-${job}-c000.snappy.parquet`;
}

export function partsOf({ runs }: Pick<FolderRecipe, 'runs'>): number {
  return runs.reduce((sum, [, parts]) => sum + parts, 0);
}

/**
 * The objects of a recipe: found by key and listed in the order of keys, without one being held in memory. Keys are ASCII,
 * where JavaScript's order is that of UTF-8, in which S3 lists.
 */
export class VirtualObjects {
  private readonly folders: Map<string, Folder>;
  private readonly single: Map<string, VirtualObject>;
  /** Runs of keys that lie behind each other, in order. */
  private readonly runs: { first: string; from: (key: string) => Iterable<VirtualObject> }[];

  constructor({ objects, folders }: Recipe) {
    const opened = folders.map((folder, i) => new Folder(folder, i + 1));
    this.folders = new Map(opened.map((folder) => [folder.recipe.key, folder]));
    const named = objects.map(({ key, template }, i) => ({ key, template, etag: etagOf(0, template, i) }));
    this.single = new Map(named.map((object) => [object.key, object]));
    this.runs = [
      ...opened.map((folder) => ({
        first: `${folder.recipe.key}/`,
        from: (key: string) => folder.behind(key),
      })),
      ...named.map((object) => ({
        first: object.key,
        from: (key: string) => (object.key > key ? [object] : []),
      })),
    ].sort((a, b) => (a.first < b.first ? -1 : 1));
  }

  find(key: string): VirtualObject | undefined {
    const slash = key.lastIndexOf('/');
    return this.folders.get(key.slice(0, slash))?.find(key.slice(slash + 1)) ?? this.single.get(key);
  }

  /** The objects behind a key. */
  *behind(key: string): Generator<VirtualObject> {
    for (const { from } of this.runs) yield* from(key);
  }
}

class Folder {
  readonly parts: number;

  constructor(
    readonly recipe: FolderRecipe,
    private readonly number: number,
  ) {
    this.parts = partsOf(recipe);
  }

  find(name: string): VirtualObject | undefined {
    const index = Number(/^part-(\d+)-/.exec(name)?.[1]);
    // Also for what is no number.
    if (!(index < this.parts) || partName(index, this.parts, this.recipe.job) !== name) return undefined;
    return this.at(index);
  }

  *behind(key: string): Generator<VirtualObject> {
    let [from, to] = [0, this.parts];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.keyAt(middle) > key) to = middle;
      else from = middle + 1;
    }
    for (let index = from; index < this.parts; index++) yield this.at(index);
  }

  private keyAt(index: number): string {
    return `${this.recipe.key}/${partName(index, this.parts, this.recipe.job)}`;
  }

  private at(index: number): VirtualObject {
    let first = 0;
    for (const [template, parts] of this.recipe.runs) {
      if (index < first + parts) {
        return { key: this.keyAt(index), template, etag: etagOf(this.number, template, index) };
      }
      first += parts;
    }
    throw new RangeError(`part ${index} of ${this.parts}`);
  }
}

/** In the form of an MD5, another one for each object. */
function etagOf(folder: number, template: number, index: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${hex(folder, 8)}${hex(template, 8)}${hex(index, 16)}`;
}
