import { z } from 'zod';
import { parseConfig } from './config.ts';
import { columnName, source } from './fields.ts';

const duration = z.string().regex(/^\d{1,9}[smhdw]$/, { error: 'is no duration, one such as "2h" was wanted' });
const bound = z.number().optional();

/** What the newest readings of the series of a pattern must not be. */
export interface Check {
  readonly pattern: string;
  readonly column?: string | undefined;
  /** Older than so long, such as `2h`. */
  readonly stale?: string | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  /** Changing by more an hour. */
  readonly rate?: number | undefined;
  /** Below this, of `column` or of each column of a battery. */
  readonly battery?: number | undefined;
}

const checkSchema: z.ZodType<Check> = z.strictObject({
  pattern: source,
  column: columnName.optional(),
  stale: duration.optional(),
  above: bound,
  below: bound,
  rate: z.number().nonnegative().optional(),
  battery: bound,
}).superRefine(({ column, stale, above, below, rate, battery }, context) => {
  const ofColumn = [above, below, rate].some((limit) => limit !== undefined);
  const message = ofColumn && column === undefined ? 'has no column, one was wanted for above, below and rate'
    : !ofColumn && stale === undefined && battery === undefined ? 'has no limit, one of stale, above, below, rate and battery was wanted'
      : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const checksSchema = z.strictObject({ checks: z.array(checkSchema).min(1) });

/** Reads a file of checks. @throws FactoryError `bad-config` */
export function parseChecks(text: string, file: string): readonly Check[] {
  return parseConfig(checksSchema, text, file).checks;
}
