/** The names of a test file's tests, as its source writes them. */
import ts from 'typescript';

/** Of tests that run; one that is skipped shows nothing. */
export function testNames(source: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText(file);
      const [name] = node.arguments;
      if (/^(test|it)\b/.test(called) && !/\.(skip|todo)\b/.test(called) && name && ts.isStringLiteralLike(name)) {
        names.push(name.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  const file = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true);
  visit(file);
  return names;
}
