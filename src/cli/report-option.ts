/** What asks for a page; `report.ts` writes it. */
import { text } from './options.js';

export const reportOption = {
  report: text('Also write a page that shows what happened: an HTML file, local or s3://…'),
};
