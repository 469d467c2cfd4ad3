import type { ScanSession } from '../scan-session.ts';
import { readBytes } from './decompress.ts';
import { inputFiles, nativeInputs } from './inputs.ts';
import { linesOf } from './lines.ts';
import { booleanOption, checkOptions, type Options } from './options.ts';
import { badInput } from './read-error.ts';
import type { FormatReader } from './reader.ts';

// host ident user [time] "request" status bytes, and in the combined format "referer" "user agent"; quotes inside are written \".
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const PATTERN = String.raw`^(\S+) (\S+) (\S+) \[([^\]]+)\] ${QUOTED} (\d{3}) (\d+|-)(?: ${QUOTED} ${QUOTED}.*)?$`;
const LINE = new RegExp(PATTERN);
const TIME = /^\d{2}\/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}$/;
const NAMES = "['host', 'ident', 'user', 'time', 'request', 'status', 'bytes', 'referer', 'user_agent']";

/**
 * Logs of web servers in the common and the combined format: `host`, `ident`, `user`, `timestamp` (TIMESTAMP WITH TIME ZONE), `method`, `path`,
 * `protocol`, `status` (USMALLINT), `bytes` (BIGINT), `referer`, `user_agent`; `-` is null. A request that is not `METHOD PATH PROTOCOL`
 * stands whole in `path`. A line of another form is an error, or left out with `ignore_errors=true`; empty lines do not count.
 */
export const weblogReader: FormatReader = { format: 'weblog', select: selectWeblog };

async function selectWeblog(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('weblog', options, ['ignore_errors', 'compression', 'encoding']);
  const inputs = await nativeInputs(session, 'weblog', paths, options, 'log');
  const skips = booleanOption('weblog', options, 'ignore_errors') === true;
  const encoding = inputs.encoding === undefined ? '' : `, encoding = ${await session.bind(inputs.encoding)}`;
  const pattern = await session.bind(PATTERN);
  // A line is one column: no delimiter that a log has, and no quotes.
  const lines = `SELECT line FROM read_csv(${await session.bindTexts(inputs.paths)}, columns = {'line': 'VARCHAR'}, delim = chr(31),
    quote = '', escape = '', header = false, auto_detect = false, compression = ${await session.bind(inputs.compression)}${encoding},
    max_line_size = 8000000, buffer_size = 32000000, null_padding = true)`;
  if (!skips) {
    const probe = `SELECT 1 FROM (${lines}) WHERE line <> '' AND NOT regexp_matches(line, ${pattern}) LIMIT 1`;
    await refuseMalformed(session, paths, options, probe);
  }
  const matches = `SELECT regexp_extract(line, ${pattern}, ${NAMES}) AS f FROM (${lines}) WHERE regexp_matches(line, ${pattern})`;
  const dash = (name: string): string => `nullif(nullif(f.${name}, '-'), '')`;
  const request = String.raw`regexp_extract(f.request, '^(\S+) (.*) (HTTP/\S+)$', ['method', 'path', 'protocol'])`;
  return `SELECT ${dash('host')} AS host, ${dash('ident')} AS ident, ${dash('user')} AS "user",
    strptime(f.time, '%d/%b/%Y:%H:%M:%S %z')::TIMESTAMP WITH TIME ZONE AS "timestamp",
    nullif(r.method, '') AS method, CASE WHEN r.method = '' THEN ${dash('request')} ELSE r.path END AS path,
    nullif(r.protocol, '') AS protocol,
    f.status::USMALLINT AS status, ${dash('bytes')}::BIGINT AS bytes, ${dash('referer')} AS referer, ${dash('user_agent')} AS user_agent
    FROM (SELECT f, ${request} AS r FROM (${matches}))`;
}

/** When DuckDB finds a line of another form, looks for its number. */
async function refuseMalformed(session: ScanSession, paths: readonly string[], options: Options, probe: string): Promise<void> {
  if ((await session.all(probe)).length === 0) return;
  for (const { path, compression } of await inputFiles('weblog', paths, options)) {
    const tooLong = (line: number): Error => badInput(path, { line, what: 'it is too long for a log' });
    for await (const { text, number } of linesOf(readBytes(path, compression, session.signal), tooLong)) {
      if (text === '' || (LINE.test(text) && TIME.test(LINE.exec(text)?.[4] ?? ''))) continue;
      const hint = '?ignore_errors=true leaves such lines out';
      throw badInput(path, { line: number, what: 'it is not in the combined log format', hint });
    }
  }
}
