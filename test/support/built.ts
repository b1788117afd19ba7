/** Before tests that need no Python: `dist/` must be what `src/` says. */
import { buildWhenStale } from '../../scripts/build-when-stale.mjs';

/** Vitest takes what comes back for the way to tidy up: nothing does. */
export default function build(): void {
  buildWhenStale();
}
