/**
 * The real engine, loaded when a command needs it: `--help` should not wait. By its modules, because the room's index also
 * has what runs tasks in this thread, and with it all that takes Parquet apart; a command's tasks run in threads.
 */
import type { Engine } from './world.js';

export const engine: Engine = {
  plan: async (options) => {
    const [{ estimate, prepare }, { describePlan }] = await Promise.all([
      import('../repartition/repartition.js'),
      import('../repartition/plan-document.js'),
    ]);
    const plan = await prepare(options);
    return describePlan(plan, await estimate(plan, { signal: options.signal }));
  },
  repartition: async (options) => (await import('../repartition/repartition.js')).repartition(options),
  clean: async (options) => (await import('../repartition/upkeep.js')).clean(options),
  readStatus: async (options) => (await import('../repartition/upkeep.js')).readStatus(options),
  serveTasks: async (setup, streams) =>
    (await import('../repartition/work/serve.js')).serveTasks(setup, streams),
  inspect: async (options) => (await import('../repartition/inspect/inspect.js')).inspect(options),
  reports: () => import('../repartition/report/report.js'),
  listOutput: async (options) => (await import('../repartition/listing/list-output.js')).listOutput(options),
  verifyPrefix: async (options) => (await import('../repartition/verify/verify.js')).verifyPrefix(options),
};
