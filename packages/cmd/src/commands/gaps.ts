import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';
import { plural } from '../output/size.ts';
import { type Hole, holesIn } from '../rows/holes.ts';
import { type RowSession, withRows } from '../rows/session.ts';
import { timedSources } from '../rows/timed-sources.ts';
import { findTarget } from '../rows/target.ts';
import { formatDuration, formatTimestamp, parseDuration } from '../time.ts';

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' },
  { name: 'from', type: 'timestamp' },
  { name: 'to', type: 'timestamp' },
  { name: 'length_seconds', type: 'double' },
  { name: 'step_seconds', type: 'double' },
  { name: 'missing', type: 'long' },
];

interface FoundHole extends Hole {
  readonly path: string;
}

export async function run(context: Context, { path }: { path: string }, { every }: { every: string | undefined }): Promise<void> {
  const stepMicros = every === undefined ? undefined : parseDuration(every);
  if (stepMicros === 0n) {
    throw new CliError('usage', `Cannot look for gaps by "${every ?? ''}": no time is between readings, more was wanted`);
  }
  await withRows(context, async (rows) => {
    const found = (): AsyncIterable<FoundHole> => gaps(context, rows, path, stepMicros);
    await emitRows(context, { columns: COLUMNS, rows: mapped(found, rowOf) }, () => mapped(found, line));
  });
}

async function* gaps(context: Context, rows: RowSession, path: string, stepMicros: bigint | undefined): AsyncIterable<FoundHole> {
  for (const { path: name, source, timeColumn } of await timedSources(rows, await findTarget(context, rows, path))) {
    for await (const hole of holesIn(rows, source, timeColumn, stepMicros)) yield { path: name, ...hole };
  }
}

/** Nothing is looked for until the first is asked for. */
async function* mapped<T, R>(found: () => AsyncIterable<T>, map: (one: T) => R): AsyncIterable<R> {
  for await (const one of found()) yield map(one);
}

function rowOf({ path, fromMicros, toMicros, stepMicros, missing }: FoundHole): readonly unknown[] {
  return [path, fromMicros, toMicros, Number(toMicros - fromMicros) / 1e6, Number(stepMicros) / 1e6, missing];
}

function line({ path, fromMicros, toMicros, missing }: FoundHole): string {
  const length = formatDuration(Number(toMicros - fromMicros) / 1000);
  const count = plural(Number(missing), 'reading', 'readings');
  return `${formatTimestamp(fromMicros)}..${formatTimestamp(toMicros)}  ${length}  ${count} missing  ${printable(path)}`;
}
