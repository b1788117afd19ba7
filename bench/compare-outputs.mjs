// Whether this version makes the same outputs as an earlier one: `node bench/compare-outputs.mjs --help`.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
const { main } = await import('./compare/main.ts');
process.exitCode = await main(process.argv.slice(2));
