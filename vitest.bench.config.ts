import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** `npm run test:bench`: the presets of the harness that measure many points. */
export default defineConfig({ ...base, test: { ...base.test, include: ['test/bench/*.long.ts'] } });
