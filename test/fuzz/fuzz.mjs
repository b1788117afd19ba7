// Starts the fuzzer: `npm run fuzz -- --help`. What is fuzzed is dist/.
import { register } from 'node:module';

register('../../bench/typescript-hooks.mjs', import.meta.url);
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
