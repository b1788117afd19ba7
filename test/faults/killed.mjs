/** Aligns a prefix and kills itself after so many calls of its storage. Says how many there were if it gets to its end. */
import { repartition } from 'gs-repartition';
import { watchCalls } from './storage.mjs';

const [prefix, at, s3] = process.argv.slice(2);
let calls = 0;
watchCalls((number) => {
  calls = number;
  if (number === Number(at)) process.kill(process.pid, 'SIGKILL');
});
await repartition({ inputPrefix: `counted:${prefix}`, ...(s3 && { s3: JSON.parse(s3) }) });
process.stdout.write(String(calls));
