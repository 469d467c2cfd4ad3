import { CliError } from '../errors.ts';
import { type Cell, type Column, isNumeric, type Rows } from '../output/rows.ts';
import type { Chart } from './chart.ts';
import { createPoints } from './points.ts';

export interface PlotColumns {
  /** The horizontal column; without it the first time, otherwise the number of the row. */
  readonly x?: string | undefined;
  /** The columns to draw; without them all numeric ones. */
  readonly y?: readonly string[] | undefined;
  readonly title?: string | undefined;
  /** Units by column. */
  readonly units?: Readonly<Record<string, string>> | undefined;
}

/** So many lines are drawn when nobody said which. */
const MOST_LINES = 8;

/**
 * Reads rows into a chart, with memory that does not grow with their number.
 *
 * @throws CliError `usage` when a column is not there, or has neither numbers nor times
 */
export async function collectChart({ columns, rows }: Rows, { x, y, title, units = {} }: PlotColumns): Promise<Chart> {
  const xIndex = x === undefined ? columns.findIndex(isTime) : indexOf(columns, x);
  const xColumn = columns[xIndex];
  if (xColumn !== undefined && !isTime(xColumn) && !isNumeric(xColumn.type)) throw notNumeric(xColumn, 'a column of times or numbers');
  const yIndices = y === undefined || y.length === 0
    ? columns.flatMap((column, index) => (index !== xIndex && isNumeric(column.type) ? [index] : [])).slice(0, MOST_LINES)
    : y.map((name) => indexOf(columns, name));
  if (yIndices.length === 0) throw new CliError('usage', 'Cannot plot: no column has numbers, one that has was wanted');
  for (const index of yIndices) {
    const column = columns[index];
    if (column !== undefined && !isNumeric(column.type) && column.type !== 'boolean') throw notNumeric(column, 'a column of numbers');
  }
  const collectors = yIndices.map(() => createPoints());
  let count = 0;
  for await (const row of rows) {
    const at = xColumn === undefined ? count : numberOf(row[xIndex], xColumn);
    count++;
    if (at === null) continue;
    yIndices.forEach((index, line) => {
      const column = columns[index];
      if (column !== undefined) collectors[line]?.add(at, numberOf(row[index], column));
    });
  }
  return {
    ...(title === undefined ? {} : { title }),
    xName: xColumn?.name ?? 'row',
    xKind: xColumn !== undefined && isTime(xColumn) ? 'time' : 'number',
    series: yIndices.map((index, line) => {
      const name = columns[index]?.name ?? '';
      const unit = units[name];
      const points = collectors[line]?.points() ?? { x: new Float64Array(), y: new Float64Array() };
      return { name, points, ...(unit === undefined ? {} : { unit }) };
    }),
  };
}

function isTime({ type }: Column): boolean {
  return type === 'timestamp' || type === 'datetime' || type === 'date';
}

function numberOf(cell: Cell, { type }: Column): number | null {
  if (cell === null || cell === undefined) return null;
  if (type === 'timestamp' || type === 'datetime') return typeof cell === 'bigint' ? Number(cell) / 1000 : Number.NaN;
  if (type === 'date') return Date.parse(`${String(cell)}T00:00:00Z`);
  return Number(cell);
}

function indexOf(columns: readonly Column[], name: string): number {
  const exact = columns.findIndex((column) => column.name === name);
  const index = exact >= 0 ? exact : columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  if (index >= 0) return index;
  const names = columns.map((column) => column.name);
  throw new CliError('usage', `Cannot plot "${name}": no such column, one of ${names.slice(0, 20).join(', ')} was wanted`);
}

function notNumeric(column: Column, wanted: string): CliError {
  return new CliError('usage', `Cannot plot "${column.name}": it is ${column.label ?? column.type}, ${wanted} was wanted`);
}
