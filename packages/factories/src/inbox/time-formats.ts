/** A way to write times that can be told from others; `sql` gives a TIMESTAMP of local time, or one with a zone. */
export interface TimeForm {
  readonly name: string;
  /** Whether the text says its zone. */
  readonly isZoned: boolean;
  readonly sql: (text: string) => string;
}

const ISO_ZONED = '^\\d{4}-\\d\\d-\\d\\d.*(Z|[+-]\\d\\d(:?\\d\\d)?)$';
const ISO_LOCAL = '^\\d{4}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d(:\\d\\d([.]\\d+)?)?)?$';
const CLOCKS: readonly string[] = ['', ' %H:%M', ' %H:%M:%S', ' %H:%M:%S.%f', ' %I:%M %p', ' %I:%M:%S %p', 'T%H:%M:%S'];

const listed = (name: string, ...days: readonly string[]): TimeForm => {
  const formats = days.flatMap((day) => CLOCKS.map((clock) => sqlText(day + clock))).join(', ');
  return { name, isZoned: false, sql: (text) => `try_strptime(${text}, [${formats}])` };
};

/** What times are looked for as, when no format is given. */
export const TIME_FORMS: readonly TimeForm[] = [
  {
    name: 'ISO 8601 with a zone', isZoned: true,
    sql: (text) => `CASE WHEN regexp_matches(${text}, '${ISO_ZONED}') THEN TRY_CAST(${text} AS TIMESTAMPTZ) END`,
  },
  {
    name: 'ISO 8601', isZoned: false,
    sql: (text) => `CASE WHEN regexp_matches(${text}, '${ISO_LOCAL}') THEN TRY_CAST(${text} AS TIMESTAMP) END`,
  },
  listed('day.month.year', '%d.%m.%Y', '%d.%m.%y'),
  listed('day/month/year', '%d/%m/%Y', '%d/%m/%y'),
  listed('month/day/year', '%m/%d/%Y', '%m/%d/%y'),
  listed('year/month/day', '%Y/%m/%d', '%Y.%m.%d', '%Y%m%d'),
  listed('day-month-year', '%d-%m-%Y', '%d-%b-%Y', '%d %b %Y'),
];

/** Times in one format of `strptime`; with `%z` they say their zone. */
export function timeForm(format: string): TimeForm {
  return { name: format, isZoned: /%z/i.test(format), sql: (text) => `try_strptime(${text}, ${sqlText(format)})` };
}

/** A text as SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
