import type { FactoryField } from '@duckpond/factories';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { FACTORIES } from '../factories.ts';
import { emitRows } from '../output/emit.ts';
import { chooseFormat } from '../output/format.ts';
import { jsonText } from '../output/cell.ts';
import type { Column } from '../output/rows.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', type: 'string' }, { name: 'makes', type: 'string' }, { name: 'runs', type: 'boolean' },
  { name: 'summary', type: 'string' },
];
const FIELD_COLUMNS: readonly Column[] = [
  { name: 'field', type: 'string' }, { name: 'type', type: 'string' }, { name: 'required', type: 'boolean' },
  { name: 'summary', type: 'string' },
];

export async function run(context: Context, { name }: { name: string | undefined }): Promise<void> {
  if (name !== undefined) return one(context, name);
  const all = [...FACTORIES.values()].filter(({ isInner }) => isInner !== true);
  const width = Math.max(...all.map((entry) => entry.name.length));
  await emitRows(context, { columns: COLUMNS, rows: all.map((entry) => [entry.name, entry.makes, entry.isExecutable, entry.summary]) },
    () => all.map((entry) => `${entry.name.padEnd(width)}  ${(entry.isExecutable ? 'run' : entry.makes).padEnd(9)}  ${entry.summary}`));
}

async function one(context: Context, name: string): Promise<void> {
  const { factoryFacts, unknownFactory } = await import('@duckpond/factories');
  const entry = FACTORIES.get(name);
  if (entry === undefined || entry.isInner === true) {
    throw new CliError('failed', `Cannot show "${name}": ${unknownFactory(name, FACTORIES)}`);
  }
  const { fields, example, schema, commands } = factoryFacts(await entry.load());
  if (chooseFormat(context.command, context.globals) === 'json') {
    await context.out.write(`${jsonText({ name, makes: entry.makes, summary: entry.summary, commands, fields, example, schema })}\n`);
    return;
  }
  const rows = fields.map(({ field, type, isRequired, summary }) => [field, type, isRequired, summary]);
  await emitRows(context, { columns: FIELD_COLUMNS, rows }, () => [
    `${name}: ${entry.summary}`, '', 'Fields:', ...fieldLines(fields),
    ...(commands.length === 0 ? [] : ['', 'Commands:', ...commands.map(({ usage, summary }) => `  ${usage}\n      ${summary}`)]),
    '', 'Example:', ...example.trimEnd().split('\n').map((line) => `  ${line}`.trimEnd()),
  ]);
}

function fieldLines(fields: readonly FactoryField[]): readonly string[] {
  const width = Math.max(...fields.map(({ field }) => field.length));
  const types = Math.max(...fields.map(({ type }) => type.length));
  return fields.map(({ field, type, isRequired, summary }) =>
    `  ${field.padEnd(width)}  ${type.padEnd(types)}  ${isRequired ? 'required' : '        '}  ${summary}`.trimEnd());
}

