import type { Statement } from './statements.ts';
import type { Token } from './sql-tokens.ts';

/** A name in FROM, part by part: `['pond', 'nodes']`, `['/a/b.csv']`. */
export type Reference = readonly string[];

/** Runs `SELECT json_serialize_sql(…)` over the text of a query; undefined when DuckDB cannot serialize it. */
export type Serialize = (query: string) => Promise<string>;

export interface References {
  readonly names: readonly Reference[];
  /** Names of common table expressions anywhere in the statement, in lower case: they mean themselves. */
  readonly local: ReadonlySet<string>;
  /** False when the names were guessed from the tokens (PIVOT without IN), and some may be columns. */
  readonly exact: boolean;
}

const TABLE_WORDS = new Set([
  'FROM', 'JOIN', 'TABLE', 'PIVOT', 'PIVOT_WIDER', 'UNPIVOT', 'PIVOT_LONGER', 'DESCRIBE', 'DESC', 'SUMMARIZE', 'SHOW',
]);
const NONE: References = { names: [], local: new Set(), exact: true };

/** The tables that a statement names, each once per spelling. */
export async function referencesOf(statement: Statement, serialize: Serialize): Promise<References> {
  const { tokens } = statement;
  if (!tokens.some(({ kind, value }) => kind === 'word' && TABLE_WORDS.has(value))) return NONE;
  const tree: unknown = JSON.parse(await serialize(statement.body));
  if (!isRecord(tree) || tree['error'] === true) return { names: guessedNames(tokens), local: localNames(tokens), exact: false };
  const names = new Map<string, Reference>();
  const local = new Set<string>();
  collect(tree, names, local);
  return { names: [...names.values()], local, exact: true };
}

function collect(node: unknown, names: Map<string, Reference>, local: Set<string>): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, names, local);
    return;
  }
  if (!isRecord(node)) return;
  const { table_name: table, schema_name: schema, catalog_name: catalog } = node;
  const isTable = node['type'] === 'BASE_TABLE' || node['type'] === 'SHOW_REF';
  if (isTable && typeof table === 'string' && table !== '') {
    const name = [catalog, schema, table].filter((part): part is string => typeof part === 'string' && part !== '');
    // SHOW_REF says DESCRIBE "name" and SHOW TABLES alike; the latter's name is quoted text of its own.
    if (!(node['type'] === 'SHOW_REF' && table.startsWith('"'))) names.set(JSON.stringify(name), name);
  }
  const ctes = node['cte_map'];
  if (isRecord(ctes) && Array.isArray(ctes['map'])) {
    for (const entry of ctes['map']) {
      if (isRecord(entry) && typeof entry['key'] === 'string') local.add(entry['key'].toLowerCase());
    }
  }
  for (const value of Object.values(node)) if (typeof value === 'object') collect(value, names, local);
}

/** Names behind FROM, JOIN and the like, and behind commas: more than there are, when DuckDB cannot say. */
function guessedNames(tokens: readonly Token[]): readonly Reference[] {
  const names = new Map<string, Reference>();
  for (let at = 1; at < tokens.length; at += 1) {
    const before = tokens[at - 1];
    if (before === undefined || !(before.text === ',' || before.text === '(' || isTableWord(before))) continue;
    const name: string[] = [];
    let end = at;
    for (let part = tokens[end]; part !== undefined && isNamePart(part); part = tokens[end]) {
      name.push(part.kind === 'word' ? part.text : part.value);
      end += 1;
      if (tokens[end]?.text !== '.') break;
      end += 1;
    }
    if (name.length > 0 && tokens[end]?.text !== '(') names.set(JSON.stringify(name), name);
  }
  return [...names.values()];
}

function localNames(tokens: readonly Token[]): ReadonlySet<string> {
  const names = new Set<string>();
  tokens.forEach((token, at) => {
    if (token.kind === 'word' && token.value === 'AS' && tokens[at + 1]?.text === '(') {
      const name = tokens[at - 1];
      if (name !== undefined) names.add((name.kind === 'word' ? name.text : name.value).toLowerCase());
    }
  });
  return names;
}

function isTableWord(token: Token): boolean {
  return token.kind === 'word' && TABLE_WORDS.has(token.value);
}

function isNamePart(token: Token): boolean {
  return token.kind === 'identifier' || token.kind === 'string' || token.kind === 'word';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
