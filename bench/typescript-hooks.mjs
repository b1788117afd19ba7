// Lets Node 20 import the TypeScript of bench/ (and what it borrows from test/) as it stands: types are taken off when a
// file is loaded, and `./x.js` means `./x.ts` where only that exists. Types are checked by `npm run typecheck`.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

const compilerOptions = {
  target: typescript.ScriptTarget.ES2022,
  module: typescript.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  inlineSourceMap: true,
};

export async function resolve(specifier, context, next) {
  const isRelative = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL;
  if (isRelative) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (url.protocol === 'file:' && existsSync(fileURLToPath(url)))
      return { url: url.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const fileName = fileURLToPath(url);
  const { outputText } = typescript.transpileModule(await readFile(fileName, 'utf8'), {
    fileName,
    compilerOptions,
  });
  return { format: 'module', source: outputText, shortCircuit: true };
}
