/** What the package exports and how it is documented, as the compiler sees it. */
import ts from 'typescript';

export interface Exported {
  name: string;
  /** `src/errors.ts:64`, for messages. */
  place: string;
  /** A function, class or constant, not only a type. */
  isValue: boolean;
  /** Whether its docstring says anything. */
  isDescribed: boolean;
  examples: Example[];
}

export interface Example {
  code: string;
  /** Marked with `no-run`: it needs what a test has not, and is only type-checked. */
  runs: boolean;
}

/** All exports of the entry points, each once. */
export function exportsOf(entryPoints: readonly string[], options: ts.CompilerOptions): Exported[] {
  const program = ts.createProgram([...entryPoints], options);
  const checker = program.getTypeChecker();
  const found = new Map<ts.Symbol, Exported>();
  for (const entryPoint of entryPoints) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entryPoint)!);
    if (module === undefined) throw new Error(`${entryPoint} exports nothing`);
    for (const alias of checker.getExportsOfModule(module)) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
      if (!found.has(symbol)) found.set(symbol, describe(alias.name, symbol, checker));
    }
  }
  return [...found.values()];
}

function describe(name: string, symbol: ts.Symbol, checker: ts.TypeChecker): Exported {
  const declarations = symbol.declarations ?? [];
  const file = declarations[0]!.getSourceFile();
  const line = file.getLineAndCharacterOfPosition(declarations[0]!.getStart()).line + 1;
  return {
    name,
    place: `${file.fileName.replace(/^.*\/src\//, 'src/')}:${line}`,
    isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
    isDescribed: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '',
    examples: declarations.flatMap((declaration) =>
      ts
        .getJSDocCommentsAndTags(declaration)
        .filter(ts.isJSDoc)
        .flatMap((doc) => examplesIn(doc.getText())),
    ),
  };
}

/** Blocks of TypeScript, each after an `@example` that may have a title. */
function examplesIn(docstring: string): Example[] {
  const text = docstring.replace(/^[ \t]*\* ?/gm, '');
  return [...text.matchAll(/^@example[^\n]*\n+```ts([^\n]*)\n([\s\S]*?)\n```/gm)].map(
    ([, mark = '', code = '']) => ({ code, runs: mark.trim() !== 'no-run' }),
  );
}
