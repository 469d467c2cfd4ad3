import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { isRowFormat, type RowFormat } from '../output/format.ts';
import type { RowSession } from '../rows/session.ts';
import { rowFormat, writeQuery } from '../rows/write.ts';
import { describeScript } from './names.ts';
import type { ReplOptions } from './repl.ts';
import { isSetup, takeApart } from './statement.ts';
import { DOT_COMMANDS, SYSTEM_TABLES } from './words.ts';

/** What a person has set up, and what runs. */
export interface Session {
  /** Runs statements; those that prepare the session count for all that come later. */
  run(statements: readonly string[]): Promise<void>;
  /** A line that begins with a dot; false leaves. */
  command(line: string): Promise<boolean>;
  /** Stops the query that runs, if one does. */
  cancel(): void;
  isCancelled(): boolean;
}

const MODES: readonly RowFormat[] = ['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown'];

export function createSession(context: Context, rows: RowSession, { tables, params }: ReplOptions): Session {
  let mode: RowFormat = rowFormat(context, 'table');
  let timer = false;
  let prelude: readonly string[] = [];
  let running: AbortController | undefined;
  const say = (text: string): void => context.out.print(`${text}\n`);

  async function query(script: string): Promise<void> {
    const started = context.effects.elapsedMillis();
    running = new AbortController();
    try {
      await writeQuery(context, rows, { script, tables, params, signal: running.signal }, mode);
    } finally {
      running = undefined;
    }
    if (timer) say(`Run time: ${((context.effects.elapsedMillis() - started) / 1000).toFixed(3)} s`);
  }

  async function run(statements: readonly string[]): Promise<void> {
    for (const statement of statements) {
      const before = prelude.map((text) => `${text}\n`).join('');
      if (isSetup(statement)) {
        // It is run at once, so that its errors come now; what it makes is made again for each query.
        await prepare(`${before}${statement}\nSELECT 1`);
        prelude = [...prelude, statement.trim()];
        continue;
      }
      try {
        await query(`${before}${statement}`);
      } catch (error) {
        throw withoutPrelude(error, before.split('\n').length - 1);
      }
    }
  }

  async function prepare(script: string): Promise<void> {
    const result = await rows.query({ script, tables, params });
    await result.close();
  }

  async function listTables(pattern = '/**/*'): Promise<void> {
    const pond = await rows.pond();
    const { formatOfName } = await import('@duckpond/query');
    const found = await pond.read(async (fs) => {
      const paths: string[] = [];
      for await (const { path, node } of (await fs.root()).glob(pattern)) {
        const isTabular = node.kind === 'table' || node.kind === 'series';
        if (isTabular || (node.kind === 'data' && formatOfName(path).format !== undefined)) paths.push(path);
      }
      return paths;
    }, context.at === undefined ? {} : { at: context.at });
    for (const name of [...Object.keys(tables), ...SYSTEM_TABLES, ...found]) say(name);
  }

  async function command(line: string): Promise<boolean> {
    const [name = '', ...words] = line.split(/\s+/);
    const argument = line.slice(name.length).trim();
    switch (name) {
      case '.quit':
      case '.exit': return false;
      case '.help': {
        for (const [usage, summary] of Object.entries(DOT_COMMANDS)) say(`${usage.padEnd(20)} ${summary}`);
        return true;
      }
      case '.tables': await listTables(words[0]); return true;
      case '.schema': {
        if (argument === '') {
          throw new CliError('usage', 'Cannot show a schema: nothing is named, a path or a table was wanted', '.tables lists them');
        }
        await query(await describeScript(argument.replace(/^(["'])(.*)\1;?$/, '$2')));
        return true;
      }
      case '.mode': {
        if (argument !== '') mode = modeOf(argument);
        say(`mode: ${mode}`);
        return true;
      }
      case '.timer': {
        timer = argument === '' ? !timer : argument === 'on';
        say(`timer: ${timer ? 'on' : 'off'}`);
        return true;
      }
      case '.read': {
        if (argument === '') throw new CliError('usage', 'Cannot read a script: no file is named, one was wanted');
        const { statements, rest } = takeApart(`${readFileSync(resolve(context.effects.cwd(), argument), 'utf8')}\n`);
        await run(rest === '' ? statements : [...statements, rest]);
        return true;
      }
      default: {
        const guess = nearest(name, Object.keys(DOT_COMMANDS).map((usage) => usage.split(' ')[0] ?? ''));
        const hint = guess === undefined ? '.help lists them' : `did you mean "${guess}"?`;
        throw new CliError('usage', `Cannot run "${name}": there is no such command`, hint);
      }
    }
  }

  return {
    run, command,
    cancel: () => running?.abort(new CliError('failed', 'The query was cancelled')),
    isCancelled: () => running?.signal.aborted === true,
  };
}

function modeOf(text: string): RowFormat {
  const mode = MODES.find((format) => format === text);
  if (mode !== undefined && isRowFormat(mode)) return mode;
  throw new CliError('usage', `Cannot print as "${text}": one of ${MODES.join(', ')} was wanted`);
}

/** DuckDB counts lines from the first of the script, which the user did not type. */
function withoutPrelude(error: unknown, lines: number): unknown {
  if (error instanceof Error && lines > 0) {
    error.message = error.message.replace(/\bLINE (\d+):/g, (_, line: string) => `LINE ${Math.max(1, Number(line) - lines)}:`);
  }
  return error;
}
