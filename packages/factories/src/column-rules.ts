import { type Column, quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { FactoryError } from './errors.ts';
import { columnName } from './fields.ts';
import { timeSql, type TimeUnit } from './time-value.ts';

const TYPES = {
  boolean: 'BOOLEAN', int32: 'INTEGER', int64: 'BIGINT', float32: 'FLOAT', float64: 'DOUBLE',
  string: 'VARCHAR', utf8: 'VARCHAR', date: 'DATE',
} as const;
const UNITS = { timestamp: 's', timestamp_s: 's', timestamp_ms: 'ms', timestamp_us: 'us', timestamp_ns: 'ns' } as const;

const cast = z.enum([
  'boolean', 'int32', 'int64', 'float32', 'float64', 'string', 'utf8', 'date',
  'timestamp', 'timestamp_s', 'timestamp_ms', 'timestamp_us', 'timestamp_ns',
]).optional().describe('The type it gets; `timestamp_s` (also `timestamp`), `timestamp_ms`, `timestamp_us` and `timestamp_ns` take '
  + 'numbers as counts since 1970 UTC, and read texts and dates as times');

const regularExpression = z.string().min(1).superRefine((text, context) => {
  try {
    new RegExp(text, 'u');
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is ${JSON.stringify(text)}, a regular expression was wanted: ${String(error)}` });
  }
});

const direct = z.strictObject({
  type: z.literal('direct'),
  from: columnName.describe('The column'),
  to: columnName.optional().describe('Its new name; without one it keeps its own'),
  cast,
});
const pattern = z.strictObject({
  type: z.literal('pattern'),
  pattern: regularExpression.describe('A regular expression, looked for anywhere in the name unless it has `^` and `$`'),
  replacement: z.string().optional().describe('What takes its place, with `$1` for groups; without one the name stays'),
  cast,
});
const drop = z.strictObject({
  type: z.literal('drop'),
  column: columnName.optional().describe('The column that is left out'),
  pattern: regularExpression.optional().describe('Or a regular expression for the names of those that are'),
}).superRefine((rule, context) => {
  if ((rule.column === undefined) === (rule.pattern === undefined)) {
    context.addIssue({ code: 'custom', message: 'has neither or both of column and pattern, one of them was wanted' });
  }
});

/** Rules about columns; the first that means a column counts. */
export const columnRules: z.ZodType<ColumnRule[], ColumnRule[]> = z.array(z.discriminatedUnion('type', [direct, pattern, drop])).min(1)
  .describe('What happens to columns: the first rule that means a column counts for it, columns that none means stay as they are');

export type ColumnRule =
  | { readonly type: 'direct'; readonly from: string; readonly to?: string | undefined; readonly cast?: Cast | undefined }
  | { readonly type: 'pattern'; readonly pattern: string; readonly replacement?: string | undefined; readonly cast?: Cast | undefined }
  | { readonly type: 'drop'; readonly column?: string | undefined; readonly pattern?: string | undefined };
type Cast = keyof typeof TYPES | keyof typeof UNITS;

/** A column as rules leave it. */
export interface RuledColumn extends Column {
  /** The column that it was. */
  readonly from: string;
  /** An expression over that one. */
  readonly sql: string;
  readonly isCast: boolean;
}

/**
 * The columns of a source under rules.
 *
 * @throws FactoryError `bad-input` when two columns get one name, or a cast is none from this type
 */
export function ruledColumns(target: string, columns: readonly Column[], rules: readonly ColumnRule[]): readonly RuledColumn[] {
  const ruled = columns.flatMap((column) => ruledColumn(target, column, rules) ?? []);
  const names = new Map<string, RuledColumn>();
  for (const column of ruled) {
    const other = names.get(column.name.toLowerCase());
    if (other !== undefined) {
      throw new FactoryError('bad-input', `Cannot rename columns of ${JSON.stringify(target)}: ${JSON.stringify(other.from)} and `
        + `${JSON.stringify(column.from)} would both be ${JSON.stringify(column.name)}, different names were wanted`, { target });
    }
    names.set(column.name.toLowerCase(), column);
  }
  return ruled;
}

function ruledColumn(target: string, column: Column, rules: readonly ColumnRule[]): RuledColumn | undefined {
  const rule = rules.find((one) => means(one, column.name));
  if (rule?.type === 'drop') return undefined;
  const name = rule === undefined ? column.name : nameUnder(rule, column.name);
  if (name === '') {
    throw new FactoryError('bad-input', `Cannot rename ${JSON.stringify(column.name)} of ${JSON.stringify(target)}: nothing is left of it, `
      + 'a name was wanted', { target, column: column.name });
  }
  const own = { name, from: column.name };
  if (rule?.cast === undefined) return { ...own, type: column.type, sql: quoteIdentifier(column.name), isCast: false };
  return { ...own, ...castSql(target, column, rule.cast), isCast: true };
}

function means(rule: ColumnRule, name: string): boolean {
  const exact = rule.type === 'direct' ? rule.from : rule.type === 'drop' ? rule.column : undefined;
  if (exact !== undefined) return exact.toLowerCase() === name.toLowerCase();
  return rule.type !== 'direct' && rule.pattern !== undefined && new RegExp(rule.pattern, 'u').test(name);
}

function nameUnder(rule: Exclude<ColumnRule, { readonly type: 'drop' }>, name: string): string {
  if (rule.type === 'direct') return rule.to ?? name;
  return rule.replacement === undefined ? name : name.replace(new RegExp(rule.pattern, 'u'), rule.replacement);
}

function castSql(target: string, column: Column, wanted: Cast): { readonly type: string; readonly sql: string } {
  const name = quoteIdentifier(column.name);
  const unit: TimeUnit | undefined = wanted in UNITS ? UNITS[wanted as keyof typeof UNITS] : undefined;
  if (unit === undefined) {
    const type = TYPES[wanted as keyof typeof TYPES];
    return { type, sql: `CAST(${name} AS ${type})` };
  }
  const type = 'TIMESTAMP WITH TIME ZONE';
  return { type, sql: column.type === 'VARCHAR' ? `CAST(${name} AS ${type})` : timeSql(target, column, unit) };
}
