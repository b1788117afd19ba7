// `npm run docs`: the API pages, made of the docstrings.
import { entryPoints } from './scripts/entry-points.mjs';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'gs-repartition',
  entryPoints: entryPoints.map(({ source }) => source),
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  // No links to lines: they would be those of whoever made the pages.
  disableSources: true,
};
