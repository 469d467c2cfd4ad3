import type { Context } from '../context.ts';
import type { RowSession } from '../rows/session.ts';
import type { Names } from './completion.ts';

const FUNCTIONS = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_name ~ '^[a-z][a-z0-9_]*$'";

/** Names of the newest state, or of that of `--at`, for completion. */
export function pondNames(context: Context, rows: RowSession, tables: Readonly<Record<string, string>>): Names {
  const columns = new Map<string, Promise<readonly string[]>>();
  let functions: Promise<readonly string[]> | undefined;
  const firstOf = async (script: string): Promise<string[]> => {
    const found: string[] = [];
    const result = await rows.query({ script, tables });
    for await (const [value] of result.rows()) if (typeof value === 'string') found.push(value);
    return found;
  };
  return {
    tables: Object.keys(tables),
    async paths(directory) {
      const pond = await rows.pond();
      return pond.read(async (fs) => {
        const found: string[] = [];
        for await (const { path, node } of (await fs.root()).list(directory)) found.push(node.kind === 'directory' ? `${path}/` : path);
        return found;
      }, context.at === undefined ? {} : { at: context.at });
    },
    columns: (table) => {
      const known = columns.get(table);
      if (known !== undefined) return known;
      const asked = describeScript(table).then(firstOf);
      columns.set(table, asked);
      asked.catch(() => columns.delete(table));
      return asked;
    },
    functions: () => (functions ??= firstOf(FUNCTIONS)),
  };
}

/** A statement that lists the columns of a table, whatever its name. */
export async function describeScript(table: string): Promise<string> {
  const { quoteIdentifier, quoteQualified } = await import('@duckpond/query');
  const isSystem = /^pond\.\w+$/i.test(table);
  return `DESCRIBE SELECT * FROM ${isSystem ? quoteQualified(table.split('.')) : quoteIdentifier(table)}`;
}
