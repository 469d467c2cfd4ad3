import { writeFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { querySource } from '../output/result/query-source.ts';
import { resultRows } from '../output/result/rows.ts';
import type { Rows } from '../output/rows.ts';
import { collectChart } from '../plot/collect.ts';
import { readStandardInput } from '../rows/standard-input.ts';
import { checkTimes, type RowQuery, withRows } from '../rows/session.ts';
import { findTarget, tableName } from '../rows/target.ts';
import { parseTime } from '../time.ts';

export interface PlotOptions {
  readonly x: string | undefined;
  readonly y: readonly string[] | undefined;
  readonly out: string | undefined;
  readonly sql: string | undefined;
  readonly timeStart: string | undefined;
  readonly timeEnd: string | undefined;
  readonly title: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly inputFormat: string | undefined;
}

const COLUMNS = 80;
const ROWS = 20;

export async function run(context: Context, { path }: { path: string }, options: PlotOptions): Promise<void> {
  const kind = options.out === undefined ? undefined : pictureKind(options.out);
  await withRows(context, async (rows) => {
    const input = path === '-' ? await readStandardInput(context, options.inputFormat ?? 'csv') : undefined;
    try {
      const target = await findTarget(context, rows, input?.url ?? path);
      if (target.kind === 'pond' && target.files.length === 0) throw new CliError('failed', `Cannot plot "${path}": nothing matches it`);
      const result = await rows.query(queryOf(context, tableName(target), options));
      const columns = target.kind === 'pond' ? target.files.flatMap(({ node }) => node.tabular?.columns ?? []) : [];
      const timeColumn = target.kind === 'pond' ? target.files[0]?.node.tabular?.timeColumn : undefined;
      const units = Object.fromEntries(columns.flatMap(({ name, unit }) => (unit === undefined ? [] : [[name, unit]])));
      try {
        const source = resultRows(querySource(result));
        await draw(context, source, { ...options, units, kind, timeColumn, title: options.title ?? (path === '-' ? undefined : path) });
      } finally {
        await result.close();
      }
    } finally {
      input?.remove();
    }
  });
}

interface Drawing extends PlotOptions {
  readonly units: Readonly<Record<string, string>>;
  readonly kind: 'svg' | 'png' | undefined;
  readonly timeColumn: string | undefined;
}

async function draw(context: Context, source: Rows, { x, y, title, units, kind, timeColumn, out, width, height }: Drawing): Promise<void> {
  const known = timeColumn !== undefined && source.columns.some(({ name }) => name === timeColumn) ? timeColumn : undefined;
  const chart = await collectChart(source, { x: x ?? known, y: y?.flatMap((names) => names.split(',')), title, units });
  if (kind === undefined || out === undefined) {
    const { terminalChart } = await import('../plot/terminal.ts');
    const columns = width ?? context.out.columns ?? COLUMNS;
    const lines = await terminalChart(chart, { columns, rows: height ?? ROWS, color: context.color });
    await context.out.write(lines.map((line) => `${line}\n`).join(''));
    return;
  }
  const size = { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
  const picture = kind === 'svg'
    ? (await import('../plot/svg.ts')).svgChart(chart, size) : await (await import('../plot/png.ts')).pngChart(chart, size);
  writeFileSync(resolve(context.effects.cwd(), out), picture);
  context.note(`drawn: ${basename(out)}`);
}

function queryOf(context: Context, source: string, { sql, timeStart, timeEnd }: PlotOptions): RowQuery {
  const now = context.effects.nowMicros();
  const timeStartMicros = timeStart === undefined ? undefined : parseTime(timeStart, now);
  const timeEndMicros = timeEnd === undefined ? undefined : parseTime(timeEnd, now);
  checkTimes(timeStartMicros, timeEndMicros);
  return { script: sql ?? 'SELECT * FROM source', tables: { source }, timeStartMicros, timeEndMicros };
}

/** @throws CliError `usage` */
function pictureKind(file: string): 'svg' | 'png' {
  const extension = extname(file).toLowerCase();
  if (extension === '.svg') return 'svg';
  if (extension === '.png') return 'png';
  throw new CliError('usage', `Cannot draw "${file}": its name ends in "${extension}", .svg or .png was wanted`);
}
