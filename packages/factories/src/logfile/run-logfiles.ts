import { createHash } from 'node:crypto';
import type { RunContext, RunOutcome } from '@duckpond/pond';
import { joinPath, type WD, type WritableWD } from '@duckpond/tinyfs';
import { FactoryError } from '../errors.ts';
import { arrange } from './arrange.ts';
import { findLogs, type LogPatterns } from './find-logs.ts';
import { findGenerations, withMemory } from './generation.ts';
import { type HostLog, isMoving, openLog } from './host-log.ts';
import { type Match, matchLogs } from './match-logs.ts';

export type LogfileRun = Omit<RunContext, 'config'> & { readonly config: LogPatterns & { readonly path: string } };

type Item = RunOutcome['items'][number];

/** @throws FactoryError `bad-input` */
export async function runLogfiles(run: LogfileRun): Promise<RunOutcome> {
  if (run.args.length > 0) {
    throw new FactoryError('bad-input', `Cannot run "${run.path}": "${run.args[0] ?? ''}" is no argument, none was wanted`);
  }
  return run.command === 'list' ? list(run) : collect(run);
}

/** One transaction: what cannot be read is told, and the rest is taken. */
async function collect(run: LogfileRun): Promise<RunOutcome> {
  const logs = await findLogs(run.config);
  const { value } = await run.pond.write(async (fs) => takeLogs(run, await fs.root(), logs), { command: run.commandLine });
  for (const note of value.notes) run.note(note);
  return { state: value.items.some(({ state }) => state === 'failed') ? 'some-failed' : 'done', items: value.items };
}

async function takeLogs(
  run: LogfileRun, root: WritableWD, logs: readonly HostLog[],
): Promise<{ readonly items: readonly Item[]; readonly notes: readonly string[] }> {
  const { config, signal } = run;
  const items: Item[] = [];
  const notes: string[] = [];
  const told = (log: HostLog, state: string, bytes: number, error: string | null = null): void => {
    items.push({ file: log.path, path: pathOf(log), state, bytes, error });
    if (error !== null) notes.push(`${log.path}: ${error}`);
  };
  const pathOf = ({ name }: HostLog): string => joinPath(config.path, name);
  const generations = await findGenerations(root, config.path);
  const { matches, failed } = await matchLogs(logs, generations, signal);
  for (const { log, error } of failed) told(log, isGone(error) ? 'waiting' : 'failed', 0, isGone(error) ? null : error);

  const own = new Set(generations.map(({ path }) => path));
  const taking: Match[] = [];
  for (const match of matches) {
    const to = pathOf(match.log);
    if (match.generation?.path === to || own.has(to) || !await root.exists(to)) taking.push(match);
    else told(match.log, 'failed', 0, `"${to}" is there already, and is no log that was taken`);
  }
  const moves = taking.flatMap(({ log, generation }) => (
    generation === undefined || generation.path === pathOf(log) ? [] : [{ generation, to: pathOf(log) }]));
  const claims = taking.flatMap(({ log, generation }) => (generation === undefined ? [pathOf(log)] : []));
  const aside = await arrange(root, generations, moves, claims);

  for (const [at, match] of taking.entries()) {
    signal.throwIfAborted();
    run.progress(at, taking.length, 'logs');
    const { log, generation } = match;
    const kept = aside.get(pathOf(log));
    if (kept !== undefined) notes.push(`${log.path}: it is another log now, what was taken before is kept as "${kept}"`);
    try {
      const bytes = await takeLog(root, pathOf(log), match, signal);
      const isRenamed = generation !== undefined && generation.path !== pathOf(log);
      if (generation === undefined || isRenamed || bytes > 0) {
        told(log, generation === undefined ? 'new' : isRenamed ? 'renamed' : 'appended', bytes);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (isMoving(error)) told(log, 'waiting', 0);
      else told(log, 'failed', 0, error instanceof Error ? error.message : String(error));
    }
  }
  return { items, notes };
}

/** @returns how many bytes were added */
async function takeLog(root: WritableWD, to: string, { log, generation, isSame }: Match, signal: AbortSignal): Promise<number> {
  const { name, isArchive, modifiedMillis, inode } = log;
  if (isSame && generation !== undefined) {
    if (generation.name !== name || generation.isArchive !== isArchive) {
      const { node } = await root.get(to);
      await root.update(to, { attributes: withMemory(node.attributes, { ...generation, name, isArchive }) });
    }
    return 0;
  }
  const opened = await openLog(log, signal);
  try {
    const position = generation?.bytes ?? 0;
    if (generation?.isArchive === true && generation.name === name && opened.bytes === position) {
      await mustBeSame(root, to, log, opened.from(0));
    }
    if (opened.bytes > position) await root.write(to, opened.from(position), { kind: 'series', parents: true });
    else if (generation === undefined) await root.create(to, { kind: 'series' }, { parents: true });
    const { node } = await root.get(to);
    const sizeBytes = log.compression === undefined ? opened.bytes : log.sizeBytes;
    const memory = { ...await opened.mark(), name, isArchive, sizeBytes, modifiedMillis, inode };
    await root.update(to, { attributes: withMemory(node.attributes, memory) });
    return opened.bytes - position;
  } finally {
    await opened.close();
  }
}

/** An archive that was written to, or copied, and is as long as before: all of it is compared. */
async function mustBeSame(root: WD, path: string, log: HostLog, content: AsyncIterable<Uint8Array>): Promise<void> {
  if (await hashOf(content) === await hashOf(root.read(path))) return;
  throw new FactoryError('bad-input', `Cannot take "${log.path}": it has other bytes than "${path}" has of it, `
    + 'an archive that does not change was wanted', { path });
}

function isGone(error: string): boolean {
  return error.startsWith('ENOENT');
}

async function list({ pond, config, signal }: LogfileRun): Promise<RunOutcome> {
  const paths = new Map((await findLogs(config)).map(({ name, path }) => [name, path]));
  const items = await pond.read(async (fs) => {
    const root = await fs.root();
    const found: Item[] = [];
    for (const { path, name, bytes } of await findGenerations(root, config.path)) {
      signal.throwIfAborted();
      found.push({ sha256: await hashOf(root.read(path)), file: paths.get(name) ?? null, path, bytes });
    }
    return found;
  });
  return { state: 'done', items };
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}
