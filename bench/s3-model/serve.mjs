// The model of S3 as a process of its own, so that its processor time is not that of the program under test.
//
//     serve.mjs JOB      JOB is a JSON file: {recipe, costs, spill}; see recipe.ts and costs.ts
//
// Prints the endpoint when it takes requests, and ends when its standard input does.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';

register('../typescript-hooks.mjs', import.meta.url);
const { ModelServer } = await import('./server.ts');
const { recipe, costs, spill, port } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const server = new ModelServer(recipe, costs, spill);
console.log(await server.listen(port));
process.stdin.resume().on('end', () => server.close().then(() => process.exit()));
