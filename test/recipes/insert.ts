/** Adds what a recipe shows to the end of a table, type or list in a source. */
import ts from 'typescript';
import { isMap, isSeq, parseAllDocuments, type Node as YamlNode } from 'yaml';

/** The source with `block` at the end of `place`; throws where the source has no such place. Pure. */
export function insert(source: string, place: readonly string[], block: string, file: string): string {
  const at = file.endsWith('.yaml') ? endInYaml(source, place) : endInTypeScript(source, place);
  if (at === undefined) throw new Error(`${file} has no ${place.join('.')} that something can be added to`);
  const indented = block.trimEnd().replace(/^(?=.)/gm, ' '.repeat(at.indent));
  return `${source.slice(0, at.end)}${at.before}\n${indented}\n${source.slice(at.end)}`;
}

interface Place {
  readonly end: number;
  readonly indent: number;
  /** What has to follow the last entry. */
  readonly before: string;
}

function endInTypeScript(source: string, [name = '', ...members]: readonly string[]): Place | undefined {
  const file = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true);
  let node = declared(file, name);
  for (const member of members) node = node && memberOf(node, member);
  if (node === undefined) return undefined;
  const entries = entriesOf(node);
  if (entries) {
    const isList = ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node);
    return {
      end: entries.end,
      indent: 2,
      before: isList && entries.length > 0 && !entries.hasTrailingComma ? ',' : '',
    };
  }
  return ts.isUnionTypeNode(node) ? { end: node.end, indent: 2, before: '' } : undefined;
}

/** What a name at the top of a file stands for; a table that is exported by another name is followed. */
function declared(file: ts.SourceFile, name: string): ts.Node | undefined {
  for (const statement of file.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) return statement;
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) return statement.type;
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name: own, initializer } of statement.declarationList.declarations) {
      if (own.getText() !== name || initializer === undefined) continue;
      const value = bare(initializer);
      return ts.isIdentifier(value) ? declared(file, value.text) : value;
    }
  }
  return undefined;
}

function memberOf(node: ts.Node, name: string): ts.Node | undefined {
  const found = entriesOf(node)?.find((entry) => 'name' in entry && (entry.name as ts.Node).getText() === name);
  return found && ts.isPropertyAssignment(found) ? bare(found.initializer) : undefined;
}

/** Without what stands around it: a type, or the calls that make a schema of a table. */
function bare(value: ts.Expression): ts.Expression {
  if (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) return bare(value.expression);
  if (ts.isArrowFunction(value) && !ts.isBlock(value.body)) return bare(value.body);
  const argument = ts.isCallExpression(value) ? value.arguments[0] : undefined;
  return argument ? bare(argument) : value;
}

function entriesOf(node: ts.Node): ts.NodeArray<ts.Node> | undefined {
  if (ts.isObjectLiteralExpression(node)) return node.properties;
  if (ts.isArrayLiteralExpression(node)) return node.elements;
  return ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node) ? node.members : undefined;
}

/** The list behind a key of the first document. */
function endInYaml(source: string, place: readonly string[]): Place | undefined {
  const [document] = parseAllDocuments(source);
  const list = document && 'getIn' in document ? document.getIn(place) : undefined;
  if (!isSeq(list)) return undefined;
  const last = list.items.at(-1) as YamlNode | undefined;
  const [, end] = last?.range ?? [];
  const start = isMap(last) ? (last.range?.[0] ?? 0) : 0;
  if (end === undefined) return undefined;
  return { end, indent: start - source.lastIndexOf('\n', start) - 3, before: '' };
}
