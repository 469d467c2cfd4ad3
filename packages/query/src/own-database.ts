import { QueryError } from './errors.ts';
import type { FormatReader } from './formats/reader.ts';
import { quoteIdentifier, quoteQualified } from './identifier.ts';
import type { Session } from './session.ts';

let databases = 0;

/**
 * A database in memory of the session's own, attached when a view needs a schema: one with a dot in its name, and those of a nested query,
 * whose names are others than those around it. DuckDB looks for temporary things before all others, from within views too: from then on the
 * script's views stand in this database as well.
 */
export interface OwnDatabase {
  readonly readers: ReadonlyMap<string, FormatReader>;
  name(): Promise<string>;
  /** Makes a view of the script, replacing one of that name. */
  addView(name: string, select: string): Promise<void>;
  newSchema(): Promise<readonly [string, string]>;
  /** Takes note of a name in a nested query. */
  use(name: string): void;
  /** Throws when the script has made a temporary table of a name that a nested query uses. */
  refuseShadows(): Promise<void>;
}

/** Nothing is attached yet. */
export function ownDatabase(session: Session, readers: ReadonlyMap<string, FormatReader>): OwnDatabase {
  const temporary = new Map<string, string>();
  const used = new Map<string, string>();
  let attached: Promise<string> | undefined;
  let schemas = 0;

  async function attach(): Promise<string> {
    databases += 1;
    const database = `__duckpond_session_${databases}`;
    await session.attach(database);
    for (const [name, select] of temporary) {
      await session.run(`DROP VIEW temp.${quoteIdentifier(name)}`);
      await session.run(`CREATE VIEW ${quoteQualified([database, 'main', name])} AS ${select}`);
    }
    return database;
  }

  const name = (): Promise<string> => (attached ??= attach());
  return {
    readers,
    name,
    use: (table) => void used.set(table.toLowerCase(), table),
    async addView(view, select) {
      if (attached === undefined) {
        await session.run(`CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(view)} AS ${select}`);
        temporary.set(view, select);
      } else {
        await session.run(`CREATE OR REPLACE VIEW ${quoteQualified([await attached, 'main', view])} AS ${select}`);
      }
    },
    async newSchema() {
      schemas += 1;
      const schema = [await name(), `__duckpond_scope_${schemas}`] as const;
      await session.run(`CREATE SCHEMA ${quoteQualified(schema)}`);
      return schema;
    },
    async refuseShadows() {
      if (used.size === 0) return;
      const made = await session.all('SELECT table_name FROM duckdb_tables() WHERE temporary UNION ALL '
        + 'SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal');
      const shadow = made.map(([table]) => used.get(String(table).toLowerCase())).find((found) => found !== undefined);
      if (shadow === undefined) return;
      throw new QueryError(
        'ambiguous-name', `Cannot query "${shadow}": a computed table that is queried has this name in it, another one was wanted for what `
        + 'the script makes', { name: shadow },
      );
    },
  };
}
