import type { Dependence, FactoryContext } from '@duckpond/pond';

type Tree = Readonly<Record<string, unknown>>;

/** What DuckDB says of a function. */
interface FunctionFact {
  readonly isScalar: boolean;
  readonly isConsistent: boolean;
}

/**
 * How the rows of a query depend on those of its tables, from its parse tree: `same-time` for projections and filters of one table, and for
 * such put together by UNION ALL, when the time column stands in the result as it is; `unknown` when a function asks for the time, or for
 * chance.
 *
 * @param timeColumn of the result, and of the tables in `timed`, whose names are in lower case
 */
export async function dependenceOfQuery(
  { query }: Pick<FactoryContext, 'query'>, sql: string, timeColumn: string | undefined, timed: ReadonlySet<string>,
): Promise<Dependence> {
  const tree: unknown = JSON.parse(await oneText(query, 'SELECT json_serialize_sql(CAST($sql AS VARCHAR))', { sql }));
  if (!isTree(tree) || tree['error'] === true || !Array.isArray(tree['statements'])) return 'unknown';
  const facts = await functionFacts(query, [...functionNames(tree)]);
  if (facts === undefined) return 'unknown';
  const [statement] = tree['statements'] as readonly unknown[];
  const node = isTree(statement) ? statement['node'] : undefined;
  return timeColumn !== undefined && isTree(node) && isRowByRow(node, timeColumn.toLowerCase(), timed, facts) ? 'same-time' : 'any';
}

/** Undefined when one of them gives something else at another time. A name that DuckDB does not know is a table function, or an error. */
async function functionFacts(
  query: FactoryContext['query'], names: readonly string[],
): Promise<ReadonlyMap<string, FunctionFact> | undefined> {
  const facts = new Map<string, FunctionFact>();
  if (names.length === 0) return facts;
  const result = await query(`SELECT function_name, bool_and(function_type = 'scalar'),
    bool_and(coalesce(stability, 'CONSISTENT') = 'CONSISTENT'
      AND NOT regexp_matches(coalesce(macro_definition, ''), '${VOLATILE_WORDS}', 'i'))
    FROM duckdb_functions() WHERE list_contains(string_split(CAST($names AS VARCHAR), chr(10)), function_name) GROUP BY ALL`,
  {}, { names: names.join('\n') });
  for await (const [name, isScalar, isConsistent] of result.rows()) {
    facts.set(String(name), { isScalar: isScalar === true, isConsistent: isConsistent === true });
  }
  return [...facts.values()].every(({ isConsistent }) => isConsistent) ? facts : undefined;
}

const VOLATILE_WORDS = 'current|now[(]|today|random|uuid|transaction|setting|variable';

function isRowByRow(node: Tree, time: string, timed: ReadonlySet<string>, facts: ReadonlyMap<string, FunctionFact>): boolean {
  const inner = (child: unknown): boolean => isTree(child) && isRowByRow(child, time, timed, facts);
  if (!isPlain(node)) return false;
  if (node['type'] === 'SET_OPERATION_NODE') {
    const children = Array.isArray(node['children']) ? node['children'] : [node['left'], node['right']];
    return String(node['setop_type']).startsWith('UNION') && node['setop_all'] === true && children.every(inner);
  }
  const from = node['from_table'];
  if (node['type'] !== 'SELECT_NODE' || !isTree(from) || from['type'] !== 'BASE_TABLE' || from['sample'] != null) return false;
  if (!timed.has(String(from['table_name']).toLowerCase())) return false;
  const list = Array.isArray(node['select_list']) ? node['select_list'] as readonly unknown[] : [];
  return list.some((item) => isTree(item) && keepsTime(item, time))
    && [...list, node['where_clause']].every((item) => isScalar(item, facts));
}

/** No groups, no order that a limit cuts, no common table expressions: nothing that makes a row depend on others. */
function isPlain(node: Tree): boolean {
  const isEmpty = (value: unknown): boolean => value == null || (Array.isArray(value) && value.length === 0);
  const ctes = node['cte_map'];
  const modifiers = Array.isArray(node['modifiers']) ? node['modifiers'] as readonly unknown[] : [];
  return modifiers.every((modifier) => isTree(modifier) && modifier['type'] === 'ORDER_MODIFIER')
    && (!isTree(ctes) || isEmpty(ctes['map']))
    && ['group_expressions', 'group_sets', 'having', 'qualify', 'sample'].every((key) => isEmpty(node[key]))
    && (node['aggregate_handling'] ?? 'STANDARD_HANDLING') === 'STANDARD_HANDLING';
}

/** Whether an item of a SELECT list is the time column under its own name, or all columns. */
function keepsTime(item: Tree, time: string): boolean {
  const alias = String(item['alias'] ?? '').toLowerCase();
  if (item['class'] === 'STAR') {
    const { exclude_list: excluded, qualified_exclude_list: qualified, replace_list: replaced, rename_list: names, expr, columns } = item;
    return [excluded, qualified, replaced, names].every((list) => !Array.isArray(list) || list.length === 0)
      && expr == null && columns !== true;
  }
  const names = item['column_names'];
  const name = Array.isArray(names) ? String(names.at(-1)).toLowerCase() : undefined;
  return item['class'] === 'COLUMN_REF' && name === time && (alias === '' || alias === time);
}

/** Nothing in an expression but functions of one row. */
function isScalar(value: unknown, facts: ReadonlyMap<string, FunctionFact>): boolean {
  if (Array.isArray(value)) return value.every((item) => isScalar(item, facts));
  if (!isTree(value)) return true;
  if (value['class'] === 'WINDOW' || value['class'] === 'SUBQUERY') return false;
  if (value['class'] === 'FUNCTION' && facts.get(String(value['function_name']).toLowerCase())?.isScalar !== true) return false;
  return Object.values(value).every((item) => isScalar(item, facts));
}

function functionNames(value: unknown, names: Set<string> = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const item of value) functionNames(item, names);
  if (!isTree(value)) return names;
  if (typeof value['function_name'] === 'string') names.add(value['function_name'].toLowerCase());
  for (const item of Object.values(value)) functionNames(item, names);
  return names;
}

async function oneText(query: FactoryContext['query'], sql: string, params: Readonly<Record<string, string>>): Promise<string> {
  let text = 'null';
  for await (const [value] of (await query(sql, {}, params)).rows()) text = String(value);
  return text;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
