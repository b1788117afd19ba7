// Aligns graphs one after the other with one build of the package; started by compare.ts, in a process of its own.
//
//     align-all.mjs <dist/index.js> <list.json>      the list: [{ prefix, options }]
//
// Prints a JSON line for each: the code of its error, or null.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [build, list] = process.argv.slice(2);
const { repartition } = await import(pathToFileURL(build).href);
for (const { prefix, options } of JSON.parse(readFileSync(list, 'utf8'))) {
  let failed = null;
  try {
    await repartition({ inputPrefix: prefix, concurrency: 1, ...options });
  } catch (error) {
    failed = `${error.code ?? error.name}: ${error.message}`;
  }
  console.log(JSON.stringify({ failed }));
}
