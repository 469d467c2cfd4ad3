import type { Filter, NamedArguments, Step, TemplateFunction } from './safe-template.ts';
import type { BinaryNode, ForNode, FunCallNode, MacroNode, PairNode, SetNode, SymbolNode, TemplateNode } from './syntax.ts';
import { TESTS } from './tests.ts';
import {
  isLooselyEqual, isMapping, itemsOf, mappingOf, memberOf, numberOf, orderOf, SafeText, TemplateFault, textOf,
} from './values.ts';

/** What a template may reach beside its context, and how much it may do. */
export interface Surroundings {
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly filters: ReadonlyMap<string, Filter>;
  /** What is done to values as they are printed; undefined: nothing. */
  readonly escape: ((text: string) => string) | undefined;
  /** The tree of another template; undefined when there is none. */
  readonly include: (name: string) => TemplateNode | undefined;
  /** Throws when all steps are used up. */
  readonly step: Step;
  /** Throws when a text is too long. */
  readonly bounded: (text: string) => string;
}

/** A macro: the only values that can be called. */
type Macro = (args: readonly unknown[], named: NamedArguments) => SafeText;

/** The names of a scope; assignments go to the nearest scope that knows the name, but never out of a macro. */
interface Scope {
  readonly names: Map<string, unknown>;
  readonly outer: Scope | undefined;
  readonly isMacro: boolean;
}

/** How deep templates and macros may be in each other. */
const MOST_LEVELS = 100;

/** Renders a tree: only what is handed in can be reached, and every step is counted. */
export function evaluateTemplate(root: TemplateNode, context: Readonly<Record<string, unknown>>, surroundings: Surroundings): string {
  const { functions, filters, escape, include, step, bounded } = surroundings;
  let line = 0;
  let levels = 0;

  function deeper<T>(work: () => T): T {
    if (++levels > MOST_LEVELS) throw new TemplateFault(`more than ${MOST_LEVELS} macros and includes are in each other`);
    try {
      return work();
    } finally {
      levels -= 1;
    }
  }

  /** Long texts and lists take as long as many small ones. */
  function weigh(value: unknown): void {
    if (typeof value === 'string') step(value.length >> 3);
    else if (Array.isArray(value)) step(value.length);
  }

  function render(node: TemplateNode | null, scope: Scope): string {
    if (node === null) return '';
    step();
    switch (node.typename) {
      case 'Root': case 'NodeList': return joined(node.children, (child) => render(child, scope));
      case 'Output': return joined(node.children, (child) => print(child, scope));
      case 'If': return render(evaluate(node.cond, scope) ? node.body : node.else_, scope);
      case 'For': return renderFor(node, scope);
      case 'Set': return assign(node, scope);
      case 'Macro': {
        scope.names.set(nameOf(node.name), macro(node, globalOf(scope)));
        return '';
      }
      case 'Switch': {
        const value = evaluate(node.expr, scope);
        return render(node.cases.find(({ cond }) => evaluate(cond, scope) === value)?.body ?? node.default, scope);
      }
      case 'Include': {
        const name = textOf(evaluate(node.template, scope));
        const found = include(name);
        if (found === undefined) {
          if (node.ignoreMissing === true) return '';
          throw new TemplateFault(`there is no template ${JSON.stringify(name)} to include`);
        }
        return deeper(() => render(found, { names: new Map(), outer: scope, isMacro: false }));
      }
      default: throw new TemplateFault(`the tag ${tagOf(node)} is not known here`);
    }
  }

  function joined(children: readonly TemplateNode[], work: (child: TemplateNode) => string): string {
    let text = '';
    for (const child of children) text = bounded(text + work(child));
    return text;
  }

  function print(node: TemplateNode, scope: Scope): string {
    line = node.lineno;
    if (node.typename === 'TemplateData') return textOf(node.value);
    const value = evaluate(node, scope);
    return escape !== undefined && !(value instanceof SafeText) ? escape(textOf(value)) : textOf(value);
  }

  function renderFor({ arr, name, body, else_ }: ForNode, scope: Scope): string {
    const value = evaluate(arr, scope);
    const names = (name.typename === 'Array' ? name.children : [name]).map(nameOf);
    if (isMapping(value) && names.length !== 2) {
      throw new TemplateFault('a mapping has keys and values, "for key, value in …" was wanted');
    }
    const items: readonly unknown[] = isMapping(value) ? Object.entries(value) : value === null ? [] : itemsOf(value);
    if (items.length === 0) return render(else_, scope);
    let text = '';
    for (const [index, item] of items.entries()) {
      step();
      const { length } = items;
      const loop = {
        index: index + 1, index0: index, revindex: length - index, revindex0: length - index - 1, length,
        first: index === 0, last: index === length - 1,
      };
      const inner: Scope = { names: new Map<string, unknown>([['loop', loop]]), outer: scope, isMacro: false };
      const parts = names.length === 1 ? [item] : itemsOf(item);
      for (const [at, one] of names.entries()) inner.names.set(one, parts[at]);
      text = bounded(text + render(body, inner));
    }
    return text;
  }

  function assign({ targets, value, body }: SetNode, scope: Scope): string {
    const given = value === null ? (body === undefined ? null : evaluate(body, scope)) : evaluate(value, scope);
    for (const target of targets) {
      const name = nameOf(target);
      let at: Scope | undefined = scope;
      while (at !== undefined && !at.names.has(name)) at = at.isMacro ? undefined : at.outer;
      (at ?? scope).names.set(name, given);
    }
    return '';
  }

  /** Macros see what is defined at the top of the template, and not where they are called from; a caller's body sees where it stands. */
  function macro({ args, body }: MacroNode, outer: Scope): Macro {
    const positional = args.children.filter((arg) => arg.typename === 'Symbol').map(nameOf);
    const optional = args.children.flatMap((arg) => (arg.typename === 'KeywordArgs' ? arg.children : []));
    return (given, named) => deeper(() => {
      const scope: Scope = { names: new Map(), outer, isMacro: true };
      const names = [...positional, ...optional.map(({ key }) => nameOf(key))];
      const unknown = Object.keys(named).find((name) => name !== 'caller' && !names.includes(name));
      if (given.length > names.length || unknown !== undefined) {
        throw new TemplateFault(`a macro was given ${unknown ?? 'too many values'}, ${names.join(', ') || 'nothing'} was wanted`);
      }
      for (const [at, name] of positional.entries()) {
        scope.names.set(name, at < given.length ? given[at] : Object.hasOwn(named, name) ? named[name] : null);
      }
      for (const [at, { key, value }] of optional.entries()) {
        const name = nameOf(key);
        const place = positional.length + at;
        scope.names.set(name, Object.hasOwn(named, name) ? named[name] : place < given.length ? given[place] : evaluate(value, scope));
      }
      if (Object.hasOwn(named, 'caller')) scope.names.set('caller', named['caller']);
      return new SafeText(render(body, scope));
    });
  }

  /** @param isTolerant whether something undefined is a value here: what asks for it is about to look */
  function evaluate(node: TemplateNode, scope: Scope, isTolerant = false): unknown {
    step();
    line = node.lineno;
    switch (node.typename) {
      case 'Literal': case 'TemplateData':
        if (node.value instanceof RegExp) throw new TemplateFault('regular expressions are not known here');
        return node.value;
      case 'Symbol': return lookup(node, scope, isTolerant);
      case 'LookupVal': {
        const key = evaluate(node.val, scope);
        const member = memberOf(evaluate(node.target, scope, isTolerant), key);
        return defined(member, isTolerant, () => `it has no ${JSON.stringify(textOf(key))}`);
      }
      case 'Array': return node.children.map((child) => evaluate(child, scope));
      case 'Group': {
        const values = node.children.map((child) => evaluate(child, scope, isTolerant));
        return values.length === 1 ? values[0] : values;
      }
      case 'Dict': case 'KeywordArgs': return mappingOf(node.children.map((pair) => pairOf(pair, scope)));
      case 'InlineIf': {
        const chosen = evaluate(node.cond, scope) ? node.body : node.else_;
        return chosen === null ? '' : evaluate(chosen, scope, isTolerant);
      }
      case 'Capture': return render(node.body, scope);
      case 'FunCall': return call(node, scope);
      case 'Caller': return macro(node, scope);
      case 'Filter': {
        const name = node.name.value;
        const filter = filters.get(name);
        if (filter === undefined) throw unknownName('filter', name, filters);
        const [input, ...rest] = node.args.children;
        if (input === undefined) throw new TemplateFault('a filter stands without a value');
        const value = evaluate(input, scope, name === 'default' || name === 'd');
        const { args, named } = argumentsOf(rest, scope);
        for (const one of [value, ...args]) weigh(one);
        const result = filter(value, args, named, step);
        return typeof result === 'string' ? bounded(result) : result;
      }
      case 'Not': return !evaluate(node.target, scope);
      case 'Neg': return -numberOf(evaluate(node.target, scope));
      case 'Pos': return numberOf(evaluate(node.target, scope));
      case 'Compare': {
        let left = evaluate(node.expr, scope);
        for (const { type, expr } of node.ops) {
          const right = evaluate(expr, scope);
          weigh(right);
          if (!compare(type, left, right)) return false;
          left = right;
        }
        return true;
      }
      case 'Or': case 'And': case 'In': case 'Is': case 'Add': case 'Concat': case 'Sub':
      case 'Mul': case 'Div': case 'FloorDiv': case 'Mod': case 'Pow': return binary(node, scope);
      default: throw new TemplateFault(`${tagOf(node)} is no expression`);
    }
  }

  function lookup({ value: name }: SymbolNode, scope: Scope, isTolerant: boolean): unknown {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) if (at.names.has(name)) return at.names.get(name);
    return defined(undefined, isTolerant, () => `${JSON.stringify(name)} is not defined`);
  }

  function defined(value: unknown, isTolerant: boolean, problem: () => string): unknown {
    if (value === undefined && !isTolerant) throw new TemplateFault(problem());
    return value;
  }

  function pairOf({ key, value }: PairNode, scope: Scope): readonly [string, unknown] {
    return [key.typename === 'Symbol' ? key.value : textOf(evaluate(key, scope)), evaluate(value, scope)];
  }

  function argumentsOf(
    nodes: readonly TemplateNode[], scope: Scope,
  ): { readonly args: readonly unknown[]; readonly named: NamedArguments } {
    const args: unknown[] = [];
    const named: (readonly [string, unknown])[] = [];
    for (const node of nodes) {
      if (node.typename === 'KeywordArgs') named.push(...node.children.map((pair) => pairOf(pair, scope)));
      else args.push(evaluate(node, scope));
    }
    return { args, named: mappingOf(named) };
  }

  function call({ name: callee, args: nodes }: FunCallNode, scope: Scope): unknown {
    const name = callee.typename === 'Symbol' ? callee.value : undefined;
    const value = callee.typename === 'Symbol' ? lookup(callee, scope, true) : undefined;
    const { args, named } = argumentsOf(nodes.children, scope);
    if (isMacro(value)) return value(args, named);
    const known = name === undefined || value !== undefined ? undefined : functions.get(name);
    if (known !== undefined) return known(args, named, step);
    const what = name === undefined ? 'a value' : JSON.stringify(name);
    throw new TemplateFault(`${what} is called, a macro or one of ${[...functions.keys()].sort().join(', ')} was wanted`);
  }

  function binary(node: BinaryNode, scope: Scope): unknown {
    const { typename, left, right } = node;
    if (typename === 'Is') return is(left, right, scope);
    const a = evaluate(left, scope);
    if (typename === 'Or') return a || evaluate(right, scope);
    if (typename === 'And') return a && evaluate(right, scope);
    const b = evaluate(right, scope);
    weigh(b);
    switch (typename) {
      case 'Concat': return bounded(textOf(a) + textOf(b));
      case 'In': return isIn(a, b);
      case 'Add':
        if ([a, b].some((value) => typeof value === 'string' || value instanceof SafeText)) return bounded(textOf(a) + textOf(b));
        return numberOf(a) + numberOf(b);
      case 'Sub': return numberOf(a) - numberOf(b);
      case 'Mul': return numberOf(a) * numberOf(b);
      case 'Div': return numberOf(a) / numberOf(b);
      case 'FloorDiv': return Math.floor(numberOf(a) / numberOf(b));
      case 'Mod': return numberOf(a) % numberOf(b);
      case 'Pow': return numberOf(a) ** numberOf(b);
    }
  }

  function is(left: TemplateNode, right: TemplateNode, scope: Scope): boolean {
    const isNone = right.typename === 'Literal' && right.value === null;
    const name = isNone ? 'none' : nameOf(right.typename === 'FunCall' ? right.name : right);
    const test = TESTS.get(name);
    if (test === undefined) throw unknownName('test', name, TESTS);
    const value = evaluate(left, scope, name === 'defined' || name === 'undefined');
    return test(value, right.typename === 'FunCall' ? argumentsOf(right.args.children, scope).args : []);
  }

  try {
    const given: Scope = { names: new Map(Object.entries(context)), outer: undefined, isMacro: true };
    return render(root, { names: new Map(), outer: given, isMacro: false });
  } catch (error) {
    const isTooMuch = error instanceof RangeError;
    if (!isTooMuch && !(error instanceof TemplateFault)) throw error;
    const problem = isTooMuch ? 'it is nested too deeply, or makes a text that is too long' : error.message;
    throw new TemplateFault(`line ${line + 1}: ${problem}`, { cause: error });
  }
}

function unknownName(what: string, name: string, known: ReadonlyMap<string, unknown>): TemplateFault {
  return new TemplateFault(`there is no ${what} ${JSON.stringify(name)}, one of ${[...known.keys()].sort().join(', ')} was wanted`);
}

function globalOf(scope: Scope): Scope {
  let at = scope;
  while (at.outer !== undefined && at.outer.outer !== undefined) at = at.outer;
  return at;
}

function isMacro(value: unknown): value is Macro {
  return typeof value === 'function';
}

function nameOf(node: TemplateNode): string {
  if (node.typename === 'Symbol') return node.value;
  throw new TemplateFault('a plain name was wanted');
}

function isIn(needle: unknown, hay: unknown): boolean {
  if (isMapping(hay)) return Object.hasOwn(hay, textOf(needle));
  if (typeof hay === 'string' || hay instanceof SafeText) return textOf(hay).includes(textOf(needle));
  return itemsOf(hay).includes(needle);
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  switch (operator) {
    case '==': return isLooselyEqual(left, right);
    case '!=': return !isLooselyEqual(left, right);
    case '===': return left === right;
    case '!==': return left !== right;
    default: {
      const order = orderOf(left, right);
      return operator === '<' ? order < 0 : operator === '>' ? order > 0 : operator === '<=' ? order <= 0 : order >= 0;
    }
  }
}

/** What an author calls a part of the tree. */
function tagOf({ typename }: { readonly typename: string }): string {
  return JSON.stringify(typename.replace(/Async$|^Async/, '').toLowerCase());
}
