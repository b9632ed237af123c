import ts from 'typescript';

/** Name, in the instrumented code, of the Uint8Array of counters. */
export const COUNTERS = '__reached';

export interface Instrumented {
  /** ES module without types. */
  code: string;
  /** Number of counters used, from `first` on. */
  counters: number;
  /** The texts in the source: words that a parser may know. */
  words: string[];
}

/** Makes each function, branch, loop and case of a TypeScript source count in a counter of its own. */
export function instrument(source: string, path: string, first: number): Instrumented {
  let next = first;
  const words = new Set<string>();
  const factory = ts.factory;
  const count = (): ts.Expression =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier(COUNTERS), next++),
    );
  const counted = (statement: ts.Statement): ts.Block => {
    const inner = ts.isBlock(statement) ? statement.statements : [statement];
    return factory.createBlock([factory.createExpressionStatement(count()), ...inner], true);
  };
  const before = (expression: ts.Expression): ts.Expression =>
    factory.createParenthesizedExpression(factory.createComma(count(), expression));

  const countedNode = (node: ts.Node, parent: ts.SyntaxKind): ts.Node => {
    if (ts.isIfStatement(node)) {
      const otherwise = counted(node.elseStatement ?? factory.createBlock([]));
      return factory.updateIfStatement(node, node.expression, counted(node.thenStatement), otherwise);
    }
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
      const yes = before(whenTrue);
      const no = before(whenFalse);
      return factory.updateConditionalExpression(node, condition, questionToken, yes, colonToken, no);
    }
    if (ts.isBinaryExpression(node) && SHORT_CUTS.has(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, before(node.right));
    }
    if (ts.isCaseOrDefaultClause(node)) {
      const statements = [factory.createExpressionStatement(count()), ...node.statements];
      return ts.isCaseClause(node)
        ? factory.updateCaseClause(node, node.expression, statements)
        : factory.updateDefaultClause(node, statements);
    }
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken: arrow } = node;
      return factory.updateArrowFunction(
        node,
        modifiers,
        typeParameters,
        parameters,
        type,
        arrow,
        before(node.body),
      );
    }
    return ts.isBlock(node) && ENTERED.has(parent) ? counted(node) : node;
  };
  const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => {
    const visitIn =
      (parent: ts.SyntaxKind) =>
      (node: ts.Node): ts.Node => {
        if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return node;
        if (ts.isStringLiteralLike(node)) words.add(node.text);
        return countedNode(ts.visitEachChild(node, visitIn(node.kind), context), parent);
      };
    return (file) => ts.visitEachChild(file, visitIn(file.kind), context);
  };
  const { outputText } = ts.transpileModule(source, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
    transformers: { before: [transformer] },
  });
  return { code: outputText, counters: next - first, words: [...words] };
}

const SHORT_CUTS = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);
/** What a block may be the body of, besides the branches of `if`. */
const ENTERED = new Set([
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.FunctionExpression,
  ts.SyntaxKind.ArrowFunction,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.GetAccessor,
  ts.SyntaxKind.Constructor,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.CatchClause,
]);
