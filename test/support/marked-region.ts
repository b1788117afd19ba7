/** A region of a document that a test makes: compared, or written when WRITE_DOCS is set. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { repositoryRoot } from './paths.js';

/**
 * @param name the region lies between `<!-- made by NAME -->` and `<!-- end of NAME -->`
 * @returns what stands in the document, and what should
 */
export async function markedRegion(
  document: string,
  name: string,
  made: string,
): Promise<{ stands: string; made: string }> {
  const path = join(repositoryRoot, document);
  const text = readFileSync(path, 'utf8');
  const [start, end] = [`<!-- made by ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
  if (from < start.length || to < from) throw new Error(`${document} has no region ${start} … ${end}`);
  const tidy = await format(made, { parser: 'markdown', printWidth: 110 });
  if (process.env['WRITE_DOCS']) writeFileSync(path, `${text.slice(0, from)}\n\n${tidy}\n${text.slice(to)}`);
  return { stands: readFileSync(path, 'utf8').slice(from).split(end)[0]!.trim(), made: tidy.trim() };
}
