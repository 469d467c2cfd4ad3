/** Words that completion offers, in the order of use. */
export const KEYWORDS: readonly string[] = [
  'SELECT', 'FROM', 'WHERE', 'GROUP BY', 'ORDER BY', 'LIMIT', 'JOIN', 'LEFT JOIN', 'ASOF JOIN', 'ON', 'USING', 'AND', 'OR',
  'NOT', 'AS', 'WITH', 'HAVING', 'QUALIFY', 'DISTINCT', 'UNION ALL', 'UNION ALL BY NAME', 'CASE', 'WHEN', 'THEN', 'ELSE', 'END',
  'BETWEEN', 'IN', 'IS NULL', 'IS NOT NULL', 'LIKE', 'ILIKE', 'OVER', 'PARTITION BY', 'WINDOW', 'DESC', 'ASC', 'NULLS LAST',
  'OFFSET', 'VALUES', 'DESCRIBE', 'SUMMARIZE', 'EXPLAIN', 'EXPLAIN ANALYZE', 'PIVOT', 'UNPIVOT', 'CROSS JOIN', 'FULL JOIN',
  'EXCEPT', 'EXCLUDE', 'REPLACE', 'INTERSECT', 'FILTER', 'CREATE TEMP VIEW', 'CREATE TEMP MACRO', 'SET VARIABLE', 'INTERVAL',
  'TIMESTAMP', 'DATE', 'TRUE', 'FALSE', 'NULL', 'CAST', 'EXISTS',
];

export const SYSTEM_TABLES: readonly string[] = [
  'pond.config', 'pond.entries', 'pond.files', 'pond.nodes', 'pond.transactions', 'pond.versions',
];

/** What a line that begins with a dot can be. */
export const DOT_COMMANDS: Readonly<Record<string, string>> = {
  '.help': 'this list',
  '.tables [PATTERN]': 'what can be queried',
  '.schema NAME': 'the columns of a path, a pattern, a URL or a table',
  '.mode [FORMAT]': 'the format of results: table, csv, tsv, json, ndjson, markdown',
  '.timer [on|off]': 'how long each query took',
  '.read FILE': 'run a script',
  '.quit': 'leave; Ctrl-D does, too',
};
