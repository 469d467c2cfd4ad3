const VARIABLES: Readonly<Record<string, string>> = {
  'sql.memory_limit': 'POND_SQL_MEMORY_LIMIT',
  'sql.threads': 'POND_SQL_THREADS',
  'sql.spill_directory': 'POND_SQL_SPILL_DIRECTORY',
};

/** The settings of queries that variables give, by key. Whether the values are any good says who uses them. */
export function settingsFromEnvironment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(VARIABLES).flatMap(([key, variable]) => {
    const value = env[variable];
    return value === undefined || value === '' ? [] : [[key, value]];
  }));
}
