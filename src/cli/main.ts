#!/usr/bin/env node
/** The command. Nothing is imported before Node keeps what it compiles (since 22.8): the next run starts faster. */
import module from 'node:module';

(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

let folderIsGone = false;
try {
  process.cwd();
} catch {
  // The working folder was deleted. Who has absolute paths needs none, but yargs and every thread ask for it.
  folderIsGone = true;
  process.chdir('/');
}
const { start } = await import('./start.js');
await start(folderIsGone);
