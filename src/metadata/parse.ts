/** metadata.json, read and checked: what is wrong with it is said by the key where it is wrong. */
import { RepartitionError } from '../errors.js';
import { isObject, type Json, JsonNumber, type JsonObject, parseJson } from './json.js';
import type { AlignedSection } from './model.js';

/** An entry `{format, data, row_counts}`. */
export interface Entry {
  parts: string[];
  rowCounts?: number[];
  /** The entry itself, for the update. */
  json: JsonObject;
}

/** A structure or feature where metadata.json lists it. */
export interface PlacedEntry {
  section: AlignedSection;
  type: string;
  name?: string;
  entry: Entry;
}

export interface GraphMetadata {
  /** For messages. */
  file: string;
  document: JsonObject;
  edgeTypes: string[];
  nodeTypes: string[];
  /** Of `edges`, `edge_data` and `node_data`, in the document's order. */
  entries: PlacedEntry[];
  /** `raw_id_mappings` by node type. */
  idMappings: Map<string, Entry>;
  /** By node_type and edge_type order; undefined when the document does not say. */
  numNodesPerType?: number[];
  numEdgesPerType?: number[];
}

/**
 * @param file for messages
 * @throws RepartitionError `metadata`
 */
export function parseMetadata(text: string, file: string): GraphMetadata {
  const read = new Checker(file);
  const document = read.object(parseJson(text, file), 'the document');
  const edges = read.types(document, 'edges', true);
  const metadata: GraphMetadata = {
    file,
    document,
    edgeTypes: read.strings(document.get('edge_type'), 'edge_type'),
    nodeTypes: read.strings(document.get('node_type'), 'node_type'),
    entries: [...edges].map(([type, json]) => ({
      section: 'edges',
      type,
      entry: read.entry(json, `edges["${type}"]`),
    })),
    idMappings: new Map(
      [...read.types(document, 'raw_id_mappings', false)].map(([type, json]) => [
        type,
        read.entry(json, `raw_id_mappings["${type}"]`),
      ]),
    ),
  };
  for (const section of ['edge_data', 'node_data'] as const) {
    for (const [type, features] of read.types(document, section, false)) {
      if (features === null) continue;
      for (const [name, json] of read.object(features, `${section}["${type}"]`)) {
        const entry = read.entry(json, `${section}["${type}"]["${name}"]`);
        metadata.entries.push({ section, type, name, entry });
      }
    }
  }
  checkTypes(metadata, edges, read);
  const nodes = read.totals(document, 'num_nodes_per_type', metadata.nodeTypes);
  const numEdges = read.totals(document, 'num_edges_per_type', metadata.edgeTypes);
  return {
    ...metadata,
    ...(nodes && { numNodesPerType: nodes }),
    ...(numEdges && { numEdgesPerType: numEdges }),
  };
}

function checkTypes(metadata: GraphMetadata, edges: JsonObject, read: Checker): void {
  for (const type of metadata.edgeTypes) {
    if (!edges.has(type)) throw read.wrong(`edge_type lists "${type}", but edges has no such type`);
  }
  for (const { section, type } of metadata.entries) {
    if (section === 'node_data') continue;
    if (type.split(':').length !== 3)
      throw read.wrong(`${section}: "${type}" is not a type like src:relation:dst`);
    if (!edges.has(type)) throw read.wrong(`edge_data has the type "${type}", but edges has not`);
  }
}

class Checker {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  wrong(
    what: string,
    hint = 'Restore the file that gs-processing wrote, or run gs-processing again.',
  ): RepartitionError {
    return new RepartitionError('metadata', `${this.file}: ${what}`, { hint });
  }

  object(value: Json | undefined, key: string): JsonObject {
    if (isObject(value)) return value;
    throw this.wrong(value === undefined ? `${key} is missing` : `${key} is not an object`);
  }

  strings(value: Json | undefined, key: string): string[] {
    if (value === undefined) throw this.wrong(`${key} is missing`);
    if (!Array.isArray(value)) throw this.wrong(`${key} is not a list`);
    return value.map((item, i) => {
      if (typeof item !== 'string') throw this.wrong(`${key}[${i}] is not a string`);
      return item;
    });
  }

  /** A section by type; one that is missing or null is empty unless it must be there. */
  types(document: JsonObject, key: string, isRequired: boolean): JsonObject {
    const section = document.get(key);
    return !isRequired && (section === undefined || section === null) ? new Map<string, Json>() : this.object(section, key);
  }

  entry(value: Json, key: string): Entry {
    const json = this.object(value, key);
    const format = this.object(json.get('format'), `${key}.format`).get('name');
    if (format !== 'parquet') {
      const shown = typeof format === 'string' ? `"${format}"` : 'missing';
      throw this.wrong(
        `${key}: its format is ${shown}, only "parquet" can be aligned`,
        'Let gs-processing write Parquet.',
      );
    }
    const parts = this.strings(json.get('data'), `${key}.data`);
    parts.forEach((path, i) => this.path(path, `${key}.data[${i}]`));
    if (parts.length === 0) throw this.wrong(`${key}.data lists no parts`);
    const counts = json.get('row_counts');
    if (counts === undefined || counts === null) return { parts, json };
    const rowCounts = this.counts(counts, `${key}.row_counts`);
    if (rowCounts.length !== parts.length) {
      throw this.wrong(`${key} lists ${parts.length} parts but ${rowCounts.length} row counts`);
    }
    return { parts, rowCounts, json };
  }

  totals(document: JsonObject, key: string, types: readonly string[]): number[] | undefined {
    const value = document.get(key);
    if (value === undefined || value === null) return undefined;
    const totals = this.counts(value, key);
    if (totals.length === types.length) return totals;
    throw this.wrong(`${key} has ${totals.length} numbers for ${types.length} types`);
  }

  private counts(value: Json, key: string): number[] {
    if (!Array.isArray(value)) throw this.wrong(`${key} is not a list`);
    return value.map((item, i) => {
      const count = item instanceof JsonNumber ? item.toInteger() : undefined;
      if (count === undefined || count < 0) throw this.wrong(`${key}[${i}] is not a number of rows`);
      return count;
    });
  }

  /** Paths in metadata are input, not trust: they must stay inside the prefix. */
  private path(path: string, key: string): void {
    const isOutside =
      /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path) ||
      /[\\\0]/.test(path) ||
      path.split('/').some((name) => name === '' || name === '.' || name === '..');
    if (!isOutside) return;
    throw this.wrong(
      `${key}: "${path}" is not a path inside the prefix`,
      'Paths must be relative to the prefix, without "..", "." or empty names.',
    );
  }
}
