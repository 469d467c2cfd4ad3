import type { OpenOptions, Snapshot } from '@duckpond/delta';
import { deltaSelect } from './delta-scan.ts';
import { type DeltaSource, hostDeltaSource } from './delta-source.ts';
import { QueryError } from './errors.ts';
import type { FormatReader } from './formats/reader.ts';

type Options = Readonly<Record<string, string>>;

const VERSION = /^\d{1,15}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Delta tables as relations: each path is the directory of one. Options: `version`, or `timestamp` (ISO 8601, UTC unless it has a zone)
 * for the newest version not later than it; the newest of all otherwise.
 *
 * @param sourceOf from such a path to the table; a directory of the host unless given
 */
export function createDeltaReader(sourceOf: (path: string) => Promise<DeltaSource> = hostDeltaSource): FormatReader {
  return {
    format: 'delta',
    async select(session, paths, options) {
      const selects: string[] = [];
      for (const path of paths) {
        const source = await sourceOf(path);
        const snapshot = await openDeltaTable(source, options);
        selects.push(await asQueryError(source, () => deltaSelect(session, source, snapshot)));
      }
      return selects.length === 1 ? selects[0] ?? '' : selects.map((select) => `(${select})`).join(' UNION ALL BY NAME ');
    },
  };
}

/**
 * The state that the options of a URL name.
 *
 * @throws QueryError `unsupported-format` for other options, `not-found` without a table or such a version, `bad-input` for what is no
 * Delta table that can be read; `cause` is the DeltaError
 */
export async function openDeltaTable(source: DeltaSource, options: Options): Promise<Snapshot> {
  const wanted = openOptions(source.name, options);
  const { openSnapshot } = await import('@duckpond/delta');
  return asQueryError(source, () => openSnapshot(source.store, wanted));
}

async function asQueryError<Result>({ name }: DeltaSource, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const { DeltaError } = await import('@duckpond/delta');
    if (!(error instanceof DeltaError)) throw error;
    const isAbsent = error.code === 'not-a-table' || error.code === 'not-found';
    throw new QueryError(
      isAbsent ? 'not-found' : 'bad-input', `Cannot read "${name}" as a Delta table: ${error.message}`,
      { ...error.data, name, delta: error.code }, { cause: error },
    );
  }
}

function openOptions(name: string, options: Options): OpenOptions {
  const other = Object.keys(options).find((option) => option !== 'version' && option !== 'timestamp');
  if (other !== undefined) throw wrongOption(name, other, 'it is no option of Delta tables', 'version or timestamp');
  const { version, timestamp } = options;
  if (version !== undefined && timestamp !== undefined) throw wrongOption(name, 'timestamp', 'there is a version, too', 'one of them');
  if (version !== undefined) {
    if (!VERSION.test(version)) throw wrongOption(name, 'version', `it is "${version}"`, 'an integer from 0');
    return { version: Number(version) };
  }
  if (timestamp === undefined) return {};
  const timestampMillis = TIMESTAMP.test(timestamp) ? Date.parse(isoText(timestamp)) : Number.NaN;
  if (Number.isNaN(timestampMillis)) throw wrongOption(name, 'timestamp', `it is "${timestamp}"`, 'a time like 2024-02-29T12:30:00Z');
  return { timestampMillis };
}

/** As `Date.parse` takes it in every zone of the process: with a time, and with a zone, which is UTC unless given. */
function isoText(text: string): string {
  const [, date = '', time = '00:00', zone = 'Z'] = /^(.{10})(?:[T ]([\d:.]+))?(.+)?$/.exec(text) ?? [];
  const offset = /^([+-]\d\d):?(\d\d)?$/.exec(zone);
  return `${date}T${time}${offset === null ? 'Z' : `${offset[1] ?? ''}:${offset[2] ?? '00'}`}`;
}

function wrongOption(name: string, option: string, is: string, wanted: string): QueryError {
  return new QueryError(
    'unsupported-format', `Cannot read "${name}" with the option "${option}": ${is}, wanted ${wanted}`, { option, name },
  );
}
