import { resolve } from 'node:path';
import { openRowImporter, type RowImporter, type RunContext, type RunOutcome } from '@duckpond/pond';
import { expandCaptures, matchGlob, parseGlob } from '@duckpond/tinyfs';
import { FactoryError } from '../errors.ts';
import { type HostFile, hostFiles } from './host-files.ts';
import { type ReadTable, readText, type TextOptions } from './read-table.ts';
import { readMemories, takeFile, type TakenAs, type TakeWork } from './take-file.ts';

export interface InboxRule {
  readonly match: string;
  readonly as: TakenAs;
  readonly to: string | undefined;
  readonly text: TextOptions;
}

/** A config with its defaults; the last rule matches every file. */
export interface InboxConfig {
  readonly source: string;
  readonly path: string;
  readonly stableMillis: number;
  readonly rules: readonly InboxRule[];
}

export type InboxRun = Omit<RunContext, 'config'> & { readonly config: InboxConfig };

/** A file, the rule for it, and where it goes. */
interface Wanted {
  readonly file: HostFile;
  readonly rule: InboxRule;
  readonly to: string;
}

type Item = RunOutcome['items'][number];

/** @throws FactoryError `bad-input` when no file can be looked for, or a named one is not there */
export async function runInbox(run: InboxRun): Promise<RunOutcome> {
  const { command, args, config } = run;
  const files = (await hostFiles(config.source)).map((file) => wantedOf(file, config));
  if (command === 'preview') return preview(run, chosen(files, args, config.source));
  if (args.length > 0) throw new FactoryError('bad-input', `Cannot run "${run.path}": "${args[0] ?? ''}" is no argument, none was wanted`);
  return collect(run, files);
}

function wantedOf(file: HostFile, { path, rules }: InboxConfig): Wanted {
  for (const rule of rules) {
    const captures = matchGlob(parseGlob(rule.match), file.relative, { hidden: true });
    if (captures === undefined) continue;
    const suffix = rule.as === 'series' ? '.series' : rule.as === 'table' ? '.table' : '';
    const usual = `${path.replace(/\/+$/, '')}/${file.relative}${suffix}`;
    return { file, rule, to: rule.to === undefined ? usual : expandCaptures(rule.to, captures) };
  }
  throw new FactoryError('bad-input', `Cannot take "${file.path}": no rule matches it, one was wanted`);
}

function chosen(files: readonly Wanted[], names: readonly string[], source: string): readonly Wanted[] {
  if (names.length === 0) return files;
  return names.map((name) => {
    const found = files.find(({ file }) => file.path === resolve(name) || file.relative === name);
    if (found !== undefined) return found;
    throw new FactoryError('bad-input', `Cannot preview "${name}": it is none of the files that "${source}" matches, one was wanted`);
  });
}

async function collect(run: InboxRun, files: readonly Wanted[]): Promise<RunOutcome> {
  const { pond, config, signal } = run;
  let importer: Promise<RowImporter> | undefined;
  const items: Item[] = [];
  let hasFailed = false;
  const targets = new Map<string, string>();
  const memories = await readMemories(pond, config.path, files.map(({ file }) => file));
  try {
    for (const [at, { file, rule, to }] of files.entries()) {
      signal.throwIfAborted();
      run.progress(at, files.length, 'files');
      const other = rule.as === 'series' ? undefined : targets.get(to);
      targets.set(to, file.path);
      const work: TakeWork = {
        pond, path: config.path, memories, stableMillis: config.stableMillis, signal, command: run.commandLine,
        nowMillis: Number(run.environment.nowMicros() / 1000n), importer: () => (importer ??= openRowImporter(pond)),
      };
      const taken = other !== undefined ? { state: 'failed' as const, error: `"${other}" goes to the same path, one file each was wanted` }
        : await takeFile(work, file, rule.as, to, rule.text).catch((error: unknown) => {
          signal.throwIfAborted();
          return { state: 'failed' as const, error: error instanceof Error ? error.message : String(error) };
        });
      if (taken.state === 'unchanged') continue;
      const rejected = 'rejected' in taken ? taken.rejected : 0;
      const error = 'error' in taken ? taken.error : null;
      if (error !== null) run.note(`${file.path}: ${error}`);
      hasFailed ||= taken.state === 'failed' || rejected > 0;
      items.push({ file: file.path, path: to, state: taken.state, rows: 'rows' in taken ? taken.rows ?? null : null, rejected, error });
    }
    return { state: hasFailed ? 'some-failed' : 'done', items };
  } finally {
    await (await importer)?.close();
  }
}

async function preview(run: InboxRun, files: readonly Wanted[]): Promise<RunOutcome> {
  const importer = await openRowImporter(run.pond);
  const items: Item[] = [];
  let hasFailed = false;
  try {
    for (const { file, rule, to } of files) {
      const facts = { file: file.path, path: to, as: rule.as };
      if (rule.as === 'data' || !/\.(csv|tsv|tab|txt|dat|log)$/i.test(file.path)) {
        items.push({ ...facts, column: null, type: null, unit: null, nulls: null, example: null });
        continue;
      }
      try {
        const read = await readText(run.pond, importer, file.path, rule.text, run.signal);
        const { rejected, columns } = read;
        run.note(`${file.path}: ${describe(read)}`);
        for (const { line, reason } of rejected.slice(0, 10)) run.note(`${file.path}: line ${line}: ${reason}`);
        if (rejected.length > 10) run.note(`${file.path}: ${rejected.length - 10} more rows that do not fit`);
        items.push(...columns.map(({ name, type, unit, nulls, example }): Item => (
          { ...facts, column: name, type, unit: unit ?? null, nulls, example: example ?? null })));
      } catch (error) {
        run.signal.throwIfAborted();
        hasFailed = true;
        run.note(`${file.path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { state: hasFailed ? 'some-failed' : 'done', items };
  } finally {
    await importer.close();
  }
}

function describe({ encoding, layout, times, content }: ReadTable): string {
  const rows = `${content?.facts.rowCount ?? 0} rows, ${times === undefined ? 'no times' : `times as ${times}`}`;
  return `${encoding}, ${JSON.stringify(layout.delimiter)} between fields, header at line ${layout.preambleLines + 1}, ${rows}`;
}
