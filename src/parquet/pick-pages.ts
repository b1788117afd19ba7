/** Which pages hold the rows of a cut, and where it goes through them. */
import { levelOfRow, type OpenPage } from './page.js';
import type { DataPage } from './page-list.js';

/** The part of a page to keep, as rows that start in it; an open end means the page's own edge. */
export interface Cut {
  fromRow?: number;
  toRow?: number;
}

export interface PickedPage {
  ordinal: number;
  page: DataPage;
  cut?: Cut;
}

/**
 * The pages that hold the rows `from..to`, and where to cut the first and the last. A row that began in an earlier
 * page belongs to whoever takes the row, so a page that continues one is cut in front of its first own row.
 */
export function pickPages(pages: readonly DataPage[], from: number, to: number): PickedPage[] {
  const picked: PickedPage[] = [];
  pages.forEach((page, ordinal) => {
    const isBefore = page.endRow <= from;
    const isBehind = page.firstRow > to || (page.firstRow === to && !page.continuesRow);
    if (isBefore || isBehind) return;
    const cut: Cut = {};
    if (from > page.firstRow || (from === page.firstRow && page.continuesRow))
      cut.fromRow = from - page.firstRow;
    if (to < page.endRow) cut.toRow = to - page.firstRow;
    const isCut = cut.fromRow !== undefined || cut.toRow !== undefined;
    picked.push({ ordinal, page, ...(isCut && { cut }) });
  });
  return picked;
}

/** The levels that a cut keeps. */
export function cutLevels(page: OpenPage, cut: Cut): { from: number; to: number } {
  return {
    from: cut.fromRow === undefined ? 0 : levelOfRow(page, cut.fromRow),
    to: cut.toRow === undefined ? page.numLevels : levelOfRow(page, cut.toRow),
  };
}
