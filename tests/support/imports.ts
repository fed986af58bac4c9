/** One import or re-export of a source file. */
export interface Import {
  specifier: string;
  /** True where everything imported is a type, so that nothing is left of it at run time. */
  isTypeOnly: boolean;
  /** The values taken from the module, by name; `*` and `default` stand for themselves. */
  valueNames: string[];
}

const fromClause = /\b(?:import|export)\s+(type\s+)?([^'";]*?)\s*\bfrom\s*(['"])([^'"]+)\3/g;
const bareImport = /\bimport\s*\(?\s*(['"])([^'"]+)\1/g;

/** Reads the imports of a TypeScript file: static, re-exporting, for side effects, and dynamic ones. */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const named = [...code.matchAll(fromClause)].map(([, type, clause = '', , specifier = '']) => {
    const valueNames = type === undefined ? valueNamesIn(clause) : [];
    return { specifier, isTypeOnly: valueNames.length === 0, valueNames };
  });
  const whole = [...code.matchAll(bareImport)].map(([, , specifier = '']) => ({
    specifier,
    isTypeOnly: false,
    valueNames: ['*'],
  }));
  return [...named, ...whole];
}

/** Strings are matched first, so that a `//` inside one is not taken for a comment. */
export function withoutComments(source: string): string {
  const stringOrComment =
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(stringOrComment, (match) => (match.startsWith('/') ? ' ' : match));
}

/** `import a, { b, type C } from …` takes the values default and b. */
function valueNamesIn(clause: string): string[] {
  const [outside = '', inside = ''] = clause.split(/[{}]/);
  const unbraced = parts(outside).map((part) => (part.startsWith('*') ? '*' : 'default'));
  const braced = parts(inside).filter((part) => !part.startsWith('type '));
  return [...unbraced, ...braced.map((part) => part.split(' ')[0] ?? part)];
}

function parts(list: string): string[] {
  const trimmed = list.split(',').map((part) => part.trim());
  return trimmed.filter((part) => part !== '');
}
