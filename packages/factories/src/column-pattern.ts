import type { Column } from '@duckpond/query';
import { z } from 'zod';

/** Column names, or patterns of them. */
export const columnPatterns: z.ZodType<string[], string[]> = z.array(z.string().min(1)).min(1)
  .describe('Names of columns; `*` stands for any characters and `?` for one, any number of times');

/** Whether a text is a pattern, and not a name. */
export function isColumnPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/** Whether a name, or a pattern, means a column. As in SQL, capital letters are not told apart. */
export function matchesColumn(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, (char) => (char === '*' ? '.*' : char === '?' ? '.' : `\\${char}`));
  return new RegExp(`^${source}$`, 'isu').test(name);
}

/** The columns that one of the patterns means, in their own order. */
export function columnsMatching(patterns: readonly string[], columns: readonly Column[]): readonly Column[] {
  return columns.filter(({ name }) => patterns.some((pattern) => matchesColumn(pattern, name)));
}
