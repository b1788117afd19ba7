/** metadata.json, read and checked. */
import { Checker, keyPath } from './check.js';
import type { Json, JsonObject } from './json.js';
import { JsonReader } from './json-reader.js';
import { type FlatNames, flatNames } from './labels.js';
import type { Place } from './model.js';

/** What an entry `{format, data, row_counts}` says. */
export interface Entry {
  parts: string[];
  rowCounts?: number[];
}

/** A structure or feature where metadata.json lists it. */
export interface PlacedEntry extends Place {
  entry: Entry;
}

/** metadata.json, read and checked. */
export interface GraphMetadata {
  /** For messages. */
  file: string;
  document: JsonObject;
  edgeTypes: string[];
  nodeTypes: string[];
  /** Of `edges`, `edge_data` and `node_data`, in the document's order. */
  entries: PlacedEntry[];
  /** The labels and masks among the features. */
  flat: FlatNames;
  /** `raw_id_mappings` by node type, those in Parquet. */
  idMappings: Map<string, Entry>;
  /** By node_type and edge_type order; undefined when the document does not say. */
  numNodesPerType?: number[];
  numEdgesPerType?: number[];
}

/** Where the id mappings stand: GSProcessing called them node_id_mappings before it had raw_id_mappings. */
export const ID_MAPPINGS = ['raw_id_mappings', 'node_id_mappings'];

/**
 * @param source the text, or its bytes in UTF-8
 * @param file for messages
 * @throws RepartitionError `metadata` naming the key, or line and column of what is no JSON
 * @internal
 */
export function parseMetadata(source: string | Uint8Array, file: string): GraphMetadata {
  const reader = new MetadataReader(file);
  reader.feed(typeof source === 'string' ? Buffer.from(source) : source);
  return reader.end();
}

/**
 * Decoded at a time. Of a longer piece V8 keeps the text outside of its heap, with two bytes a letter, and malloc does not
 * give back what the decoder took for it.
 */
const DECODED_BYTES = 256 * 1024;

/** Reads metadata block by block, whatever their size. */
export class MetadataReader {
  private readonly check: Checker;
  private readonly json: JsonReader;
  // A decoder would put U+FFFD where bytes are no text, and we would publish that.
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** @param file for messages */
  constructor(private readonly file: string) {
    this.check = new Checker(file);
    this.json = new JsonReader(file);
  }

  /**
   * @param bytes the next of the text in UTF-8
   * @throws RepartitionError `metadata` with line and column of what is no JSON
   */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += DECODED_BYTES) {
      this.json.feed(this.decode(bytes.subarray(at, at + DECODED_BYTES), true));
    }
  }

  /** @throws RepartitionError `metadata` naming the key, or line and column of what is no JSON */
  end(): GraphMetadata {
    this.json.feed(this.decode(new Uint8Array(), false));
    return readDocument(this.check, this.json.end(), this.file);
  }

  private decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.decoder.decode(bytes, { stream });
    } catch (error) {
      if (error instanceof TypeError) throw this.check.wrong('not a text in UTF-8');
      throw error;
    }
  }
}

function readDocument(check: Checker, json: Json, file: string): GraphMetadata {
  const document = check.object(json, 'the document');
  const edgeTypes = check.types(document.get('edge_type'), 'edge_type');
  const nodeTypes = check.types(document.get('node_type'), 'node_type');
  const entries = [
    ...structures(check, document, edgeTypes),
    ...features(check, document, 'edge_data'),
    ...features(check, document, 'node_data'),
  ];
  const nodes = totals(check, document, 'num_nodes_per_type', nodeTypes);
  const edges = totals(check, document, 'num_edges_per_type', edgeTypes);
  const idMappings = readIdMappings(check, document);
  return {
    file,
    document,
    edgeTypes,
    nodeTypes,
    entries,
    flat: flatNames(check, document, entries),
    idMappings,
    ...(nodes && { numNodesPerType: nodes }),
    ...(edges && { numEdgesPerType: edges }),
  };
}

function structures(check: Checker, document: JsonObject, edgeTypes: readonly string[]): PlacedEntry[] {
  const edges = check.object(document.get('edges'), 'edges');
  const entries = [...edges].map(([type, json]): PlacedEntry => {
    requireEdgeType(check, 'edges', type);
    return { section: 'edges', type, entry: readEntry(check, json, keyPath('edges', type)) };
  });
  const missing = edgeTypes.find((type) => !edges.has(type));
  if (missing === undefined) return entries;
  throw check.wrong(`edge_type lists ${JSON.stringify(missing)}, but edges has no such type`);
}

function features(check: Checker, document: JsonObject, section: 'edge_data' | 'node_data'): PlacedEntry[] {
  const edges = document.get('edges') as JsonObject;
  return [...check.optionalObject(document.get(section), section)].flatMap(([type, json]) => {
    if (section === 'edge_data') {
      requireEdgeType(check, section, type);
      if (!edges.has(type)) {
        throw check.wrong(`edge_data has the type ${JSON.stringify(type)}, but edges has not`);
      }
    }
    return [...check.optionalObject(json, keyPath(section, type))].map(([name, entry]): PlacedEntry => ({
      section,
      type,
      name,
      entry: readEntry(check, entry, keyPath(section, type, name)),
    }));
  });
}

function requireEdgeType(check: Checker, section: string, type: string): void {
  const names = type.split(':');
  if (names.length === 3 && names.every((name) => name !== '')) return;
  throw check.wrong(`${section}: ${JSON.stringify(type)} is not a type like src:relation:dst`);
}

function readEntry(check: Checker, value: Json, key: string): Entry {
  const entry = check.object(value, key);
  const format = formatOf(check, entry, key);
  if (format !== 'parquet') {
    const shown = format === undefined ? 'missing' : JSON.stringify(format);
    throw check.wrong(
      `${key}: its format is ${shown}, only "parquet" can be aligned`,
      format === 'csv'
        ? 'GConstruct’s CSV cannot be aligned: let gs-processing write Parquet, or convert the files and the metadata.'
        : 'Let gs-processing write Parquet.',
    );
  }
  return readParts(check, entry, key);
}

function formatOf(check: Checker, entry: JsonObject, key: string): string | undefined {
  const name = check.object(entry.get('format'), `${key}.format`).get('name');
  if (name === undefined || typeof name === 'string') return name;
  throw check.wrong(`${key}.format.name is not a string`);
}

function readParts(check: Checker, entry: JsonObject, key: string): Entry {
  const parts = check.paths(entry.get('data'), `${key}.data`);
  if (parts.length === 0) throw check.wrong(`${key}.data lists no parts`);
  const rowCounts = check.counts(entry.get('row_counts'), `${key}.row_counts`);
  // An empty list says no more than a missing one.
  if (!rowCounts || rowCounts.length === 0) return { parts };
  if (rowCounts.length === parts.length) return { parts, rowCounts };
  throw check.wrong(`${key} lists ${parts.length} parts but ${rowCounts.length} row counts`);
}

/** They are not aligned, so that they need not be Parquet; then they can't be counted, either. */
function readIdMappings(check: Checker, document: JsonObject): Map<string, Entry> {
  const mappings = new Map<string, Entry>();
  for (const section of ID_MAPPINGS) {
    for (const [type, json] of check.optionalObject(document.get(section), section)) {
      const key = keyPath(section, type);
      const entry = check.object(json, key);
      if (mappings.has(type) || formatOf(check, entry, key) !== 'parquet') continue;
      mappings.set(type, readParts(check, entry, key));
    }
  }
  return mappings;
}

function totals(
  check: Checker,
  document: JsonObject,
  key: string,
  types: readonly string[],
): number[] | undefined {
  const counts = check.counts(document.get(key), key);
  if (counts && counts.length !== types.length) {
    throw check.wrong(`${key} has ${counts.length} numbers for ${types.length} types`);
  }
  return counts;
}
