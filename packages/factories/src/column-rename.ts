import type { ComputedRows } from '@duckpond/pond';
import { type DefinedFactory, defineFactory, type RowsContext } from './define.ts';
import { FactoryError } from './errors.ts';
import { type RenameConfig, renamed, renameSchema } from './transform.ts';

const EXAMPLE = `input: /sensors/raw.series
rules:
  - type: direct
    from: t1
    to: temperature
    cast: float64
  - type: pattern
    pattern: ^old_(.*)$
    replacement: $1
  - type: drop
    pattern: _debug$
`;

/** Other names and types for the columns of a source; also a transform of others. */
export const COLUMN_RENAME: DefinedFactory = defineFactory(
  { name: 'column-rename', summary: 'Columns renamed, cast or left out', schema: renameSchema, example: EXAMPLE },
  {
    makes: 'series',
    inputs: ({ input }) => (input === undefined ? [] : [input]),
    rows: renamedRows,
    // A rule that casts the event time may make another time of it.
    dependence: async (context) => {
      const { config } = context;
      if (config.input === undefined) return 'any';
      const rows = await context.rows(config.input);
      const result = await renamedRows(context);
      const time = rows.timeColumn?.toLowerCase();
      const isCast = config.rules.some((rule) => rule.type !== 'drop' && rule.cast !== undefined);
      if (time === undefined || result.timeColumn === undefined || config.time_column !== undefined) return 'any';
      return isCast && typeOf(rows, time) !== typeOf(result, result.timeColumn.toLowerCase()) ? 'any' : 'same-time';
    },
  },
);

function typeOf({ relation }: ComputedRows, name: string): string | undefined {
  return relation.columns?.find((column) => column.name.toLowerCase() === name)?.type;
}

async function renamedRows(context: RowsContext<RenameConfig>): Promise<ComputedRows> {
  const { config: { input, rules, time_column: timeColumn }, node } = context;
  if (input === undefined) {
    const why = 'it is a transform for others, its config has no input; one was wanted';
    throw new FactoryError('bad-input', `Cannot read the node ${node.id}: ${why}`);
  }
  const rows = await renamed(context, input, await context.rows(input), rules);
  return timeColumn === undefined ? rows : { ...rows, timeColumn };
}
