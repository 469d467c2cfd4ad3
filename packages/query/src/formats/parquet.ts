import type { ScanSession } from '../scan-session.ts';
import { plainFiles } from './inputs.ts';
import { literalPath } from './literal-path.ts';
import { booleanOption, checkOptions, type Options } from './options.ts';
import { readError } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { spoolOf } from './spool.ts';

const BOOLEAN_OPTIONS = ['hive_partitioning', 'binary_as_string', 'file_row_number'] as const;

/** Parquet by DuckDB's reader. A file that is compressed as a whole is decompressed first. */
export const parquetReader: FormatReader = { format: 'parquet', select: selectParquet };

async function selectParquet(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('parquet', options, [...BOOLEAN_OPTIONS, 'compression']);
  const files = await plainFiles(session, 'parquet', paths, options, 'parquet');
  const parameters = [await session.bindTexts(files.map(literalPath)), ...(files.length > 1 ? ['union_by_name = true'] : [])];
  for (const name of BOOLEAN_OPTIONS) {
    const value = booleanOption('parquet', options, name);
    if (value !== undefined) parameters.push(`${name} = ${await session.bind(value)}`);
  }
  const select = `SELECT * FROM read_parquet(${parameters.join(', ')})`;
  try {
    await session.columnsOf(select);
  } catch (error) {
    throw readError(error, spoolOf(session).original) ?? error;
  }
  return select;
}
