// Starts the benchmarks: `npm run bench -- --help`, or `node bench/bench.mjs --help` when dist/ is up to date.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
