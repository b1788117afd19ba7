/** The real engine, loaded when a command needs it: `--help` should not wait. */
import type { Engine } from './world.js';

export const engine: Engine = {
  plan: async (options) => {
    const { describePlan, estimate, prepare } = await import('../repartition/index.js');
    const plan = await prepare(options);
    return describePlan(plan, await estimate(plan, { signal: options.signal }));
  },
  repartition: async (options) => (await import('../repartition/index.js')).repartition(options),
  verifyPrefix: async (options) => (await import('../repartition/index.js')).verifyPrefix(options),
};
