import { describeSelect } from '../describe-select.ts';
import { quoteIdentifier } from '../identifier.ts';
import type { Column } from '../relation.ts';
import type { ScanSession } from '../scan-session.ts';
import { structOf } from './csv.ts';
import { filledFiles, nativeInputs } from './inputs.ts';
import { assertShallow } from './json-depth.ts';
import { booleanOption, checkOptions, integerOption, type Options, typesOption, wrongOption } from './options.ts';
import { readError } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { spoolOf } from './spool.ts';

const TEXT_OPTIONS = ['dateformat', 'timestampformat'] as const;
const INTEGER_OPTIONS = { sample_size: -1, maximum_object_size: 1, maximum_depth: -1, map_inference_threshold: -1 } as const;
const BOOLEAN_OPTIONS = ['ignore_errors', 'convert_strings_to_integers'] as const;
const KNOWN = [...TEXT_OPTIONS, ...Object.keys(INTEGER_OPTIONS), ...BOOLEAN_OPTIONS, 'types', 'columns', 'encoding', 'compression'];

/**
 * JSON by DuckDB's reader. `json` is an array of objects, and takes objects one after the other too; `ndjson` is an object a line, whose number
 * errors name. Columns without any value have the type JSON.
 */
export function jsonReader(format: 'json' | 'ndjson'): FormatReader {
  return { format, select: (session, paths, options) => selectJson(format, session, paths, options) };
}

async function selectJson(format: 'json' | 'ndjson', session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions(format, options, KNOWN);
  const inputs = await nativeInputs(session, format, paths, options, 'json');
  for (const { path, compression } of await filledFiles(format, paths, options)) {
    await assertShallow(path, compression, format, session.signal);
  }
  if (inputs.encoding !== undefined) throw wrongOption(format, options, 'encoding', 'utf-8 or one that is not latin-1: cp1252, utf-16');
  const parameters = [
    await session.bindTexts(inputs.paths),
    `format = ${format === 'json' ? "'auto'" : "'newline_delimited'"}`,
    `compression = ${await session.bind(inputs.compression === 'none' ? 'uncompressed' : inputs.compression)}`,
    ...(inputs.paths.length > 1 ? ['union_by_name = true'] : []),
  ];
  for (const name of TEXT_OPTIONS) if (options[name] !== undefined) parameters.push(`${name} = ${await session.bind(options[name])}`);
  for (const [name, least] of Object.entries(INTEGER_OPTIONS)) {
    const value = integerOption(format, options, name, least);
    if (value !== undefined) parameters.push(`${name} = ${await session.bind(BigInt(value))}`);
  }
  for (const name of BOOLEAN_OPTIONS) {
    const value = booleanOption(format, options, name);
    if (value !== undefined) parameters.push(`${name} = ${await session.bind(value)}`);
  }
  const columns = typesOption(format, options, 'columns');
  if (columns !== undefined) return selectColumns(session, parameters, columns);
  const select = `SELECT * FROM read_json(${parameters.join(', ')})`;
  try {
    const found = await describeSelect(session, select);
    const types = typesOption(format, options, 'types');
    if (types === undefined) return select;
    const all = withTypes(format, options, found, types);
    return await selectColumns(session, parameters, all);
  } catch (error) {
    throw readError(error, spoolOf(session).original) ?? error;
  }
}

async function selectColumns(
  session: ScanSession, parameters: readonly string[], columns: ReadonlyMap<string, string>,
): Promise<string> {
  return `SELECT * FROM read_json(${[...parameters, `columns = ${await structOf(session, columns)}`].join(', ')})`;
}

function withTypes(
  format: string, options: Options, columns: readonly Column[], types: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const all = new Map(columns.map(({ name, type }) => [name, type]));
  for (const [name, type] of types) {
    if (!all.has(name)) {
      const known = columns.map((column) => quoteIdentifier(column.name)).join(', ');
      throw wrongOption(format, options, 'types', `a column out of ${known}`);
    }
    all.set(name, type);
  }
  return all;
}
