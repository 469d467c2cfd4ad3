import type { Context } from '../context.ts';
import { emitRows } from '../output/emit.ts';
import { jsonText } from '../output/cell.ts';
import { printable } from '../output/printable.ts';
import type { Column, Row } from '../output/rows.ts';
import { formatBytes } from '../output/size.ts';
import { loadWide, textWidth } from '../output/width.ts';
import { type ColumnFacts, describeFile, describeUrl, type FileFacts } from '../rows/describe.ts';
import { withRows } from '../rows/session.ts';
import { findTarget } from '../rows/target.ts';
import { formatTimestamp } from '../time.ts';

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' },
  { name: 'kind', type: 'string' },
  { name: 'format', type: 'string' },
  { name: 'rows', type: 'long' },
  { name: 'versions', type: 'long' },
  { name: 'size', type: 'long' },
  { name: 'modified', type: 'timestamp' },
  { name: 'time_column', type: 'string' },
  { name: 'time_min', type: 'timestamp' },
  { name: 'time_max', type: 'timestamp' },
  { name: 'columns', type: 'json' },
];

export async function run(context: Context, { path }: { path: string }, { stats }: { stats: boolean }): Promise<void> {
  await withRows(context, async (rows) => {
    const target = await findTarget(context, rows, path);
    const facts: FileFacts[] = [];
    if (target.kind !== 'pond') facts.push(await describeUrl(rows, target, stats));
    else for (const file of target.files) facts.push(await describeFile(rows, target, file, stats));
    // Units are seldom ASCII alone.
    await loadWide();
    const text = (): readonly string[] => facts.flatMap((file, index) => [...(index > 0 ? [''] : []), ...block(file)]);
    await emitRows(context, { columns: COLUMNS, rows: facts.map(rowOf) }, text);
  });
}

function rowOf(file: FileFacts): Row {
  const { path, kind, format, rows, versions, sizeBytes, modifiedMicros, timeColumn, timeMinMicros, timeMaxMicros, columns } = file;
  return [path, kind, format, rows, versions, sizeBytes, modifiedMicros, timeColumn, timeMinMicros, timeMaxMicros, columns];
}

function block(file: FileFacts): readonly string[] {
  const { path, kind, format, rows, versions, sizeBytes, modifiedMicros, timeColumn, timeMinMicros, timeMaxMicros, columns } = file;
  const facts: (readonly [string, string | undefined])[] = [
    ['Path', printable(path)],
    ['Kind', kind],
    ['Format', format],
    ['Rows', rows === undefined ? undefined : String(rows)],
    ['Versions', versions === undefined ? undefined : String(versions)],
    ['Size', sizeBytes === undefined ? undefined : `${sizeBytes} (${formatBytes(sizeBytes)})`],
    ['Modified', modifiedMicros === undefined ? undefined : formatTimestamp(modifiedMicros)],
    ['Time', timeColumn === undefined ? undefined : `column ${printable(timeColumn)}`],
    ['From', timeMinMicros === undefined ? undefined : formatTimestamp(timeMinMicros)],
    ['To', timeMaxMicros === undefined ? undefined : formatTimestamp(timeMaxMicros)],
  ];
  const lines = facts.flatMap(([label, value]) => (value === undefined ? [] : [`${`${label}:`.padEnd(10)}${value}`]));
  return columns === undefined || columns.length === 0 ? lines : [...lines, 'Columns:', ...columnLines(columns)];
}

function columnLines(columns: readonly ColumnFacts[]): readonly string[] {
  const heads = ['column', 'type', 'nulls', 'unit', 'min', 'max', 'distinct', 'description'] as const;
  const cells = columns.map((column): readonly string[] => [
    column.name, column.type, column.nulls, column.unit, column.min, column.max, column.distinct, column.description,
  ].map((value) => printable(value === undefined ? '' : typeof value === 'string' ? value : jsonText(value))));
  const used = heads.flatMap((_, index) => (index < 2 || cells.some((line) => line[index] !== '') ? [index] : []));
  const table = [[...heads], ...cells].map((line) => used.map((index) => line[index] ?? ''));
  const widths = used.map((_, index) => Math.max(...table.map((line) => textWidth(line[index] ?? ''))));
  const padded = (cell: string, index: number): string => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - textWidth(cell)));
  return table.map((line) => `  ${line.map(padded).join('  ')}`.trimEnd());
}
