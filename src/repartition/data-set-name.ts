import type { DataSet, Place } from '../metadata/model.js';

/** A data set as messages call it: `edges of user:rated:movie`, `edge_data of user:rated:movie, rating`. */
export function dataSetName(dataSet: DataSet): string {
  const { section, type, name } = dataSet.places[0];
  return name === undefined ? `${section} of ${type}` : `${section} of ${type}, ${name}`;
}

/** A place as the key of a map. */
export function placeKey({ section, type, name }: Pick<Place, 'section' | 'type' | 'name'>): string {
  return JSON.stringify([section, type, name]);
}
