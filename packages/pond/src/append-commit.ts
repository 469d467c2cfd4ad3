import { rm } from 'node:fs/promises';
import { isFile, isTinyFsError, type Node, quote, type WD, type WritableWD } from '@duckpond/tinyfs';
import type { Rejected } from './append-bad-rows.ts';
import type { Batch } from './append-batch.ts';
import { type AppendPosition, readPosition, rejectedPath, writePosition } from './append-position.ts';
import { type AppendFormat, createBatchReader, type ReadRows, type SeriesFacts } from './append-read.ts';
import type { AppendOptions } from './append-rows.ts';
import { appendTabular } from './append-tabular.ts';
import { PondError } from './errors.ts';
import type { RowImporter } from './import-rows.ts';
import type { Pond } from './pond.ts';

/** A series that is appended to, and how. */
export interface Appending {
  readonly pond: Pond;
  readonly path: string;
  readonly options: AppendOptions;
  readonly importer: RowImporter;
  /** Where the position of the input is kept, with its key. */
  readonly positionFile: string | undefined;
  readonly key: string | undefined;
}

const MOST_CONFLICTS = 10;

/** Where an append begins. */
export interface Start {
  readonly series: SeriesFacts & { readonly id: string | undefined };
  readonly position: AppendPosition | undefined;
}

/** @throws PondError `wrong-kind`, `corrupt` */
export async function startOf(root: WD, path: string, positionFile: string | undefined): Promise<Start> {
  const node = await nodeAt(root, path);
  if (node !== undefined && node.kind !== 'series') {
    const is = node.kind === 'data' ? 'a data file' : `a ${node.kind}`;
    const message = `Cannot append to ${quote(path)}: it is ${is}, a series or a free name was wanted`;
    throw new PondError('wrong-kind', message, { path, kind: node.kind });
  }
  const position = positionFile === undefined ? undefined : await readPosition(root, positionFile, node?.id);
  return { series: factsOf(node), position };
}

function factsOf(node: Node | undefined): Start['series'] {
  const tabular = node !== undefined && isFile(node) ? node.tabular : undefined;
  return { id: node?.id, columns: tabular?.columns, timeColumn: tabular?.timeColumn };
}

async function nodeAt(root: WD, path: string): Promise<Node | undefined> {
  try {
    const found = await root.lookup(path);
    return found.kind === 'found' ? found.at.node : undefined;
  } catch (error) {
    if (isTinyFsError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** A batch that is full, with what is known about it. */
interface Departed {
  readonly batch: Batch;
  readonly header: string | undefined;
  readonly position: Omit<AppendPosition, 'series'> | undefined;
  /** Its rows, read while the batch before was committed, for a series as it was then. */
  readonly ahead?: { readonly facts: SeriesFacts; readonly reading: Promise<ReadRows> };
}

/** Whether rows are read in the same way for both. */
function isSame(a: SeriesFacts, b: SeriesFacts): boolean {
  const typesOf = ({ columns }: SeriesFacts): string => JSON.stringify(columns?.map(({ name, type }) => [name, type]));
  return a.timeColumn === b.timeColumn && typesOf(a) === typesOf(b);
}

/** Commits batches one after the other. */
export interface Committer {
  /** After the batches before; when one of them fails, so does this. */
  commit(batch: Batch, header: string | undefined, position: Omit<AppendPosition, 'series'> | undefined): Promise<void>;
  readonly total: { readonly rows: number; readonly rejected: number; readonly batches: number };
}

/** While a batch is committed the next one is read. */
export function createCommitter(
  { pond, path, options, importer, positionFile, key }: Appending, format: AppendFormat, start: Start,
): Committer {
  const reader = createBatchReader(importer, format);
  const { signal, onCommit, command } = options;
  let { series } = start;
  let taken = start.position?.bytes ?? 0;
  const total = { rows: 0, rejected: 0, batches: 0 };

  async function write(root: WritableWD, read: ReadRows, position: Omit<AppendPosition, 'series'> | undefined): Promise<Node | undefined> {
    let node: Node | undefined = await nodeAt(root, path);
    if (positionFile !== undefined) {
      const now = await readPosition(root, positionFile, node?.id);
      if ((now?.bytes ?? 0) !== taken) {
        const what = 'another append took its input further meanwhile, one at a time was wanted';
        throw new PondError('changed-input', `Cannot go on with "${key ?? ''}": ${what}`, { key });
      }
    }
    const { content, rejected } = read;
    if (content !== undefined && content.facts.rowCount > 0) {
      node = (await appendTabular(root, path, content, { kind: 'series', parents: true })).node;
    }
    if (rejected.length > 0) await addRejected(root, rejectedPath(path), rejected);
    if (positionFile !== undefined && position !== undefined && node !== undefined) {
      await writePosition(root, positionFile, { series: node.id, ...position });
    }
    return node;
  }

  const factsNow = (): SeriesFacts => ({ columns: series.columns, timeColumn: series.timeColumn ?? options.timeColumn });

  /** The rows of a batch, unless they were read ahead for a series as it still is. */
  async function rowsOf({ batch, header, ahead }: Departed): Promise<ReadRows> {
    const facts = factsNow();
    if (ahead === undefined || !isSame(ahead.facts, facts)) {
      const unused = await ahead?.reading.catch(() => undefined);
      if (unused?.content?.kind === 'file') await rm(unused.content.path, { force: true });
      return reader.read(batch, facts, header, signal);
    }
    return ahead.reading;
  }

  async function attempt(departed: Departed): Promise<void> {
    const { batch, position } = departed;
    const found = await rowsOf(departed);
    const rejectedRows = found.rejected.map((one) => ({ ...one, line: one.line + batch.lineBefore })).sort((a, b) => a.line - b.line);
    const read: ReadRows = { content: found.content, rejected: rejectedRows };
    const { value: node, transaction } = await pond.write(
      async (fs) => write(await fs.root(), read, position), command === undefined ? {} : { command },
    );
    series = factsOf(node);
    taken = position?.bytes ?? 0;
    const rows = read.content?.facts.rowCount ?? 0;
    const rejected = read.rejected.length;
    total.rows += rows;
    total.rejected += rejected;
    total.batches++;
    if (transaction !== undefined) onCommit?.({ rows, rejected, totalRows: total.rows, txnSeq: transaction.txnSeq });
  }

  async function commit(departed: Departed): Promise<void> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        const { ahead: _, ...again } = departed;
        return await attempt(conflicts === 0 ? departed : again);
      } catch (error) {
        const code = error instanceof PondError ? error.code : undefined;
        const isConflict = code === 'conflict' || (code === 'schema-conflict' && conflicts === 0);
        if (!isConflict || conflicts === MOST_CONFLICTS) throw error;
        series = (await pond.read(async (fs) => startOf(await fs.root(), path, undefined))).series;
      }
    }
  }

  let before: Promise<void> = Promise.resolve();
  return {
    commit(batch, header, position) {
      const facts = factsNow();
      // The first batch tells the types of a new series: the next one waits for it.
      const ahead = facts.columns === undefined ? undefined : { facts, reading: reader.read(batch, facts, header, signal) };
      ahead?.reading.catch(() => undefined);
      const own = before.then(() => commit({ batch, header, position, ...(ahead === undefined ? {} : { ahead }) }))
        .finally(() => ahead?.reading.catch(() => undefined));
      before = own;
      return own;
    },
    total,
  };
}

/** The rows that do not fit, behind those of before. */
async function addRejected(root: WritableWD, path: string, rejected: readonly Rejected[]): Promise<void> {
  const isThere = await nodeAt(root, path) !== undefined;
  async function* content(): AsyncGenerator<Uint8Array> {
    if (isThere) yield* root.read(path);
    for (const { line, reason, text } of rejected) yield Buffer.from(`${JSON.stringify({ line, reason, text })}\n`);
  }
  await root.write(path, content(), { parents: true });
}
