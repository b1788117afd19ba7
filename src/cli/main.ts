#!/usr/bin/env node
/** The command. Nothing is imported before Node keeps what it compiles (since 22.8): the next run starts faster. */
import module from 'node:module';

(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
await import('./start.js');
