/** The real engine, loaded when a command needs it: `--help` should not wait for WebAssembly. */
import type { Engine } from './world.js';

export const engine: Engine = {
  repartition: async (options) => (await import('../repartition/index.js')).repartition(options),
  verifyPrefix: async (options) => (await import('../repartition/index.js')).verifyPrefix(options),
};
