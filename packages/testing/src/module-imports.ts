import { parseSync, Visitor } from 'oxc-parser';

/**
 * Every module that a TypeScript source names: imports and re-exports (of types too), `import()`, `import('x').T`.
 * A source that does not parse, or an `import()` of something computed, throws: what cannot be read cannot be judged.
 */
export const listImports = (file: string, source: string): readonly string[] => {
  const { errors, program } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file} does not parse: ${error.message}`);
  const found: string[] = [];
  new Visitor({
    ImportDeclaration: (node) => found.push(node.source.value),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) found.push(node.source.value);
    },
    ExportAllDeclaration: (node) => found.push(node.source.value),
    TSImportType: (node) => found.push(node.source.value),
    ImportExpression: ({ source: module }) => {
      if (module.type !== 'Literal' || typeof module.value !== 'string') {
        throw new SyntaxError(`${file} imports something computed at ${module.start}.`);
      }
      found.push(module.value);
    },
  }).visit(program);
  return found;
};
