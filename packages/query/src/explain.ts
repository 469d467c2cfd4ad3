import { isRecord } from './references.ts';
import { notAQuery } from './statements.ts';
import { bindParameters } from './parameters.ts';
import { prepareScript, type QueryOptions, requireQuery, type ScriptHost } from './script.ts';

/** What DuckDB says about a query. What it does not say is undefined. */
export interface Explanation {
  /** The plan as DuckDB draws it. */
  readonly plan: string;
  /** One entry for each scan of files, in the order of the plan. */
  readonly scans: readonly ScanExplanation[];
  /** Files opened, and files that there were, over all scans; `analyze` only. */
  readonly files: { readonly read: number; readonly total: number };
  /** Rows that scans gave to the operators above them; `analyze` only. */
  readonly rowsScanned?: number;
  readonly elapsedMillis?: number;
}

export interface ScanExplanation {
  readonly name: string;
  readonly filters?: string;
  readonly columns?: string;
  readonly filesRead?: number;
  readonly filesTotal?: number;
  readonly rows?: number;
}

/** Explains the last statement of a script. */
export async function explain(
  host: ScriptHost, sql: string, options: QueryOptions & { readonly analyze?: boolean },
): Promise<Explanation> {
  const { session, steps, last, release } = await prepareScript(host, sql, options);
  try {
    if (last.kind === 'setup') throw notAQuery(last.tokens[0]?.text ?? '');
    const analyze = options.analyze === true;
    const run = async (settings: string): Promise<string> => steps.step(async () => {
      const prepared = await session.connection.prepare(`EXPLAIN (${settings}) ${last.body}`);
      bindParameters(prepared, options.params, host.duckdb.api);
      const rows = await (await prepared.run()).getRows();
      prepared.destroySync();
      return rows.map((row) => String(row[1])).join('\n');
    });
    await steps.step(() => requireQuery(session, last));
    const plan = await run(analyze ? 'ANALYZE' : 'FORMAT text');
    const tree: unknown = JSON.parse(await run(analyze ? 'ANALYZE, FORMAT json' : 'FORMAT json'));
    const scans: ScanExplanation[] = [];
    collect(tree, scans);
    const latency = isRecord(tree) ? tree['latency'] : undefined;
    const sum = (of: (scan: ScanExplanation) => number | undefined): number => scans.reduce((total, scan) => total + (of(scan) ?? 0), 0);
    return {
      plan,
      scans,
      files: { read: sum(({ filesRead }) => filesRead), total: sum(({ filesTotal, filesRead }) => filesTotal ?? filesRead) },
      ...(analyze ? { rowsScanned: sum(({ rows }) => rows) } : {}),
      ...(typeof latency === 'number' ? { elapsedMillis: latency * 1000 } : {}),
    };
  } finally {
    await release();
  }
}

function collect(node: unknown, scans: ScanExplanation[]): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, scans);
    return;
  }
  if (!isRecord(node)) return;
  const info = node['extra_info'];
  const name = node['operator_name'] ?? node['name'];
  if (isRecord(info) && typeof info['Function'] === 'string' && typeof name === 'string') {
    // `Scanning Files` is there when a filter of the file name left some out: "11/100".
    const [, total] = typeof info['Scanning Files'] === 'string' ? info['Scanning Files'].split('/') : [];
    const rows = node['operator_cardinality'];
    scans.push({
      name: name.trim(),
      ...textOf(info['Filters'], 'filters'),
      ...textOf(info['Projections'], 'columns'),
      ...numberOf(info['Total Files Read'], 'filesRead'),
      ...numberOf(total, 'filesTotal'),
      ...(typeof rows === 'number' ? { rows } : {}),
    });
  }
  collect(node['children'], scans);
}

function textOf<K extends string>(value: unknown, key: K): { readonly [name in K]?: string } {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return typeof text === 'string' && text !== '' ? { [key]: text } as { readonly [name in K]?: string } : {};
}

function numberOf<K extends string>(value: unknown, key: K): { readonly [name in K]?: number } {
  const number = Number(value);
  return value === undefined || !Number.isFinite(number) ? {} : { [key]: number } as { readonly [name in K]?: number };
}
