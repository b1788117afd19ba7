/**
 * Storages whose calls are counted, so that something can happen at each in turn: `counted:` before a prefix. Tasks run in
 * the thread that made them, so that the same calls come each time.
 */
import { locate, openStorage, registerStorage } from 'gs-repartition';

let calls = 0;
let after = () => undefined;

/** Calls `onCall` with a number from 1 on when a call of a storage has ended. */
export function watchCalls(onCall) {
  calls = 0;
  after = () => onCall(++calls);
}

const CALLS = ['stat', 'look', 'read', 'readTail', 'list', 'compose', 'write'];
const LAST_CALLS = ['remove', 'abandon'];

registerStorage('counted', () =>
  Promise.resolve({
    locate: (url, options) => ({ scheme: 'counted', url: url.slice('counted:'.length), options }),
    open: async ({ url, options }) =>
      counted(await openStorage(await locate(url, options)), { url, options }),
  }),
);

function counted(storage, where) {
  const wrap = (target, names) =>
    new Proxy(target, {
      get(_, name) {
        const value = target[name];
        if (name === 'profile') return { ...value, mostThreads: 0 };
        if (name === 'location') return { scheme: 'counted', ...where };
        if (name === 'housekeeping' && value) return wrap(value, LAST_CALLS);
        if (typeof value !== 'function') return value;
        if (!names.includes(name)) return value.bind(target);
        return async (...words) => {
          const result = await value.apply(target, words);
          after();
          return result;
        };
      },
    });
  return wrap(storage, CALLS);
}
