/** The tree that the parser of nunjucks makes, as far as templates here may use it. Lines are counted from 0. */
export type TemplateNode =
  | Node<'Root' | 'NodeList' | 'Output' | 'Group' | 'Array', { readonly children: readonly TemplateNode[] }>
  | Node<'Dict' | 'KeywordArgs', { readonly children: readonly PairNode[] }>
  | Node<'TemplateData' | 'Literal', { readonly value: unknown }>
  | SymbolNode
  | Node<'LookupVal', { readonly target: TemplateNode; readonly val: TemplateNode }>
  | Node<'If' | 'InlineIf', { readonly cond: TemplateNode; readonly body: TemplateNode; readonly else_: TemplateNode | null }>
  | ForNode
  | MacroNode
  | FunCallNode
  | Node<'Filter', { readonly name: SymbolNode; readonly args: ListNode }>
  | SetNode
  | Node<'Capture', { readonly body: TemplateNode }>
  | Node<'Include', { readonly template: TemplateNode; readonly ignoreMissing: true | null }>
  | Node<'Switch', { readonly expr: TemplateNode; readonly cases: readonly CaseNode[]; readonly default: TemplateNode | null }>
  | BinaryNode
  | Node<'Not' | 'Neg' | 'Pos', { readonly target: TemplateNode }>
  | Node<'Compare', { readonly expr: TemplateNode; readonly ops: readonly CompareOperand[] }>;

type Node<T extends string, F> = { readonly typename: T; readonly lineno: number } & F;
export type SymbolNode = Node<'Symbol', { readonly value: string }>;
export type PairNode = Node<'Pair', { readonly key: TemplateNode; readonly value: TemplateNode }>;
export type ForNode = Node<'For', {
  readonly arr: TemplateNode; readonly name: TemplateNode; readonly body: TemplateNode; readonly else_: TemplateNode | null;
}>;
/** `Caller` is the body of a `call` block. */
export type MacroNode = Node<'Macro' | 'Caller', { readonly name: TemplateNode; readonly args: ListNode; readonly body: TemplateNode }>;
export type FunCallNode = Node<'FunCall', { readonly name: TemplateNode; readonly args: ListNode }>;
export type SetNode = Node<'Set', {
  readonly targets: readonly TemplateNode[]; readonly value: TemplateNode | null; readonly body?: TemplateNode;
}>;
export type BinaryNode = Node<
  'Or' | 'And' | 'In' | 'Is' | 'Add' | 'Concat' | 'Sub' | 'Mul' | 'Div' | 'FloorDiv' | 'Mod' | 'Pow',
  { readonly left: TemplateNode; readonly right: TemplateNode }
>;
type ListNode = Node<'NodeList', { readonly children: readonly TemplateNode[] }>;
type CaseNode = Node<'Case', { readonly cond: TemplateNode; readonly body: TemplateNode }>;
type CompareOperand = Node<'CompareOperand', { readonly expr: TemplateNode; readonly type: string }>;

/** Makes a template's text a tree. Its own compiler is not used: it makes a program of the text, with all that a program may do. */
export interface TemplateParser {
  parse(
    source: string, extensions: readonly never[], options: { readonly trimBlocks: boolean; readonly lstripBlocks: boolean },
  ): TemplateNode;
}
