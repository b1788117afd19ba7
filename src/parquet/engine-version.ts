/**
 * Of the bytes we make. Raise it when the same slices would give other bytes: it is hashed into the names of new parts, so
 * those of an older engine are then no longer taken for finished. `test/parquet/golden.test.ts` fails if it was forgotten.
 */
export const ENGINE_VERSION = 6;
