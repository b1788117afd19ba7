/** Before tests that need no Python: `dist/` must be what `src/` says. */
export { buildWhenStale as default } from '../../scripts/build-when-stale.mjs';
