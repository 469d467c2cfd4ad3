import { appendTabular, assertKind, type Pond, PondError, type RowImporter, type WritableWD } from '@duckpond/pond';
import { type Changes, changesOf, type NamedRows } from './changes.ts';
import { columnDescription, columnIds, type ColumnBook, createColumnBook } from './columns.ts';
import { below, type DeviceConfig, type HydroVuConfig } from './config.ts';
import { type Cursor, type Position, versionAt, writeCursor } from './cursor.ts';
import { type DeviceState, readDeviceState } from './device-state.ts';
import type { Metadata } from './metadata.ts';
import { packAnswers, type RawAnswer } from './raw-archive.ts';
import { type ColumnNotes, rowsContent } from './rows-content.ts';
import { storedRows } from './stored-rows.ts';
import type { WideRows } from './wide-rows.ts';

/** What commits need of the run that they are part of. */
export interface CommitWork {
  readonly pond: Pond;
  readonly config: HydroVuConfig;
  readonly metadata: Metadata;
  readonly importer: () => Promise<RowImporter>;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal | undefined;
  readonly command: readonly string[];
}

export interface CommitTotals {
  readonly added: number;
  readonly corrected: number;
  readonly transactions: number;
  /** Of the rows that are new or corrected, unix seconds. */
  readonly firstSeconds: number | undefined;
  readonly lastSeconds: number | undefined;
}

/** Commits the rows of one device, each batch with its cursor in one transaction. */
export interface DeviceCommitter {
  readonly totals: CommitTotals;
  /** `position` is how far the device is collected then; without it the cursor stays where it is. */
  commit(rows: WideRows, position: Position | undefined, answers: readonly RawAnswer[]): Promise<void>;
}

const MOST_CONFLICTS = 10;

export function createDeviceCommitter(work: CommitWork, device: DeviceConfig, first: DeviceState): DeviceCommitter {
  const { pond, config, signal, command } = work;
  let state = first;
  let totals: CommitTotals = { added: 0, corrected: 0, transactions: 0, firstSeconds: undefined, lastSeconds: undefined };

  async function changesSince(rows: NamedRows): Promise<Changes> {
    const [from, to] = [rows.times[0], rows.times.at(-1)];
    const { foundPath, newestSeconds, columns } = state;
    const isBehind = from === undefined || to === undefined || newestSeconds === undefined || from > newestSeconds;
    const stored = isBehind || foundPath === undefined ? { times: new Float64Array(0), columns: new Map<string, Float64Array>() }
      : await storedRows(pond, foundPath, columns, from, Math.min(to, newestSeconds), signal);
    return changesOf(rows, stored);
  }

  function bookFor(rows: WideRows): ColumnBook {
    const book = createColumnBook(device.scope, state.cursor?.columns ?? new Map());
    for (const key of rows.columns.keys()) {
      const [parameterId, unitId] = columnIds(key);
      book.add(parameterId, unitId, work.metadata.names);
    }
    return book;
  }

  /** Undefined when someone else has collected this device meanwhile. */
  async function attempt(
    rows: WideRows, position: Position | undefined, answers: readonly RawAnswer[],
  ): Promise<Changes | undefined> {
    const book = bookFor(rows);
    const named: NamedRows = {
      times: rows.times, columns: new Map([...rows.columns].map(([key, values]) => [book.columns.get(key)?.name ?? key, values])),
    };
    const changes = await changesSince(named);
    const { nextSeconds, askedSeconds } = position ?? state.cursor ?? { nextSeconds: 0, askedSeconds: undefined };
    const isSame = state.cursor?.nextSeconds === nextSeconds && state.cursor.askedSeconds === askedSeconds;
    const isEmpty = changes.rows.times.length === 0;
    if (work.isDryRun || (isEmpty && (isSame || state.foundPath === undefined))) return changes;
    const content = isEmpty ? undefined : await rowsContent(changes.rows, notesOf(book), work.importer, signal);
    const packed = answers.length === 0 ? undefined : await packAnswers(answers);
    const { seriesPath, cursorPath, cursorVersion, foundPath } = state;

    const write = async (root: WritableWD): Promise<Pick<DeviceState, 'cursor' | 'cursorVersion'> | undefined> => {
      if (await versionAt(root, cursorPath) !== cursorVersion) return undefined;
      if (foundPath !== undefined && foundPath !== seriesPath) await root.rename(foundPath, seriesPath);
      await assertKind(root, seriesPath, 'series');
      const { node } = content === undefined ? await root.get(seriesPath)
        : await appendTabular(root, seriesPath, content, { kind: 'series', parents: true });
      const { firstSeconds } = state.cursor ?? {};
      const cursor: Cursor = {
        series: node.id, nextSeconds, askedSeconds, columns: book.columns, ...(firstSeconds === undefined ? {} : { firstSeconds }),
      };
      const version = await writeCursor(root, cursorPath, cursor);
      if (packed !== undefined) await root.write(rawPath(config, device.id, version), [packed], { parents: true });
      return { cursor, cursorVersion: version };
    };
    const { value: written, transaction } = await pond.write(async (fs) => write(await fs.root()), { command });
    if (written === undefined) return undefined;
    state = { ...state, ...written, foundPath: seriesPath, ...grown(state, changes.rows) };
    if (transaction !== undefined) totals = { ...totals, transactions: totals.transactions + 1 };
    return changes;
  }

  return {
    get totals() { return totals; },
    async commit(rows, position, answers) {
      for (let conflicts = 0; ; conflicts++) {
        const changes = await attempt(rows, position, answers).catch((error: unknown) => {
          if (!(error instanceof PondError && error.code === 'conflict') || conflicts === MOST_CONFLICTS) throw error;
        });
        if (changes !== undefined) {
          totals = added(totals, changes);
          return;
        }
        if (conflicts === MOST_CONFLICTS) throw overtaken(device);
        state = await readDeviceState(pond, config, device);
      }
    },
  };
}

/** Answers of one commit; the versions of a cursor are counted. */
function rawPath(config: HydroVuConfig, id: string, version: number): string {
  return below(config.path, `raw/${id}/${String(version).padStart(8, '0')}.ndjson.zst`);
}

function notesOf(book: ColumnBook): ColumnNotes {
  const columns = [...book.columns];
  return {
    units: Object.fromEntries(columns.map(([, { name, unit }]) => [name, unit])),
    descriptions: Object.fromEntries(columns.map(([key, { name }]) => [name, columnDescription(key)])),
  };
}

function grown({ columns, newestSeconds }: DeviceState, rows: NamedRows): Pick<DeviceState, 'columns' | 'newestSeconds'> {
  const last = rows.times.at(-1);
  return {
    columns: [...new Set([...columns, ...rows.columns.keys()])],
    newestSeconds: last === undefined ? newestSeconds : Math.max(last, newestSeconds ?? last),
  };
}

function added(totals: CommitTotals, { rows: { times }, added: more, corrected }: Changes): CommitTotals {
  const [first, last] = [times[0], times.at(-1)];
  return {
    ...totals, added: totals.added + more, corrected: totals.corrected + corrected,
    firstSeconds: first === undefined ? totals.firstSeconds : Math.min(first, totals.firstSeconds ?? first),
    lastSeconds: last === undefined ? totals.lastSeconds : Math.max(last, totals.lastSeconds ?? last),
  };
}

function overtaken({ id }: DeviceConfig): PondError {
  const message = `Cannot collect location ${id}: others collected it each time meanwhile, one collector at a time was wanted`;
  return new PondError('conflict', message, { location: id });
}
