import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalog, Engine, QueryOptions, Relation } from '@duckpond/query';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { locatePond } from '../open-pond.ts';
import { NeedsPond, type Queries, type RowQuery } from './session.ts';
import { settingsFromEnvironment } from './settings.ts';

const COPY_BYTES = 256 * 1024;
const MEMORY_LIMIT = '512MiB';

interface Prepared {
  readonly engine: Engine;
  readonly query: QueryOptions;
  readonly spillDirectory: string;
  readonly release: () => Promise<void>;
}

/** Queries over files of the host and over nothing: no pond is opened, or even looked for. */
export function hostQueries(context: Context): Queries {
  /** Closing takes longer than most queries, and the end of the process does the same: an engine is closed when the next one is opened. */
  let done: Engine | undefined;

  async function prepare({ script, tables = {}, params, version, signal, ...times }: RowQuery): Promise<Prepared> {
    if (version !== undefined) {
      throw new CliError('usage', `Cannot read version ${version}: files of the host have none, a path of the pond was wanted`);
    }
    const library = await import('@duckpond/query');
    const host = await library.hostCatalog(script, { tables });
    const spillDirectory = join(tmpdir(), `pond-${context.effects.uuid()}`);
    const { 'sql.memory_limit': memoryLimit = MEMORY_LIMIT, 'sql.threads': threads } = settingsFromEnvironment(context.effects.env);
    done?.close();
    done = undefined;
    const engine = await library.openEngine({
      readableDirectories: [...host.directories, spillDirectory],
      readablePaths: host.paths,
      spillDirectory,
      memoryLimit,
      ...(threads === undefined || threads === 'auto' ? {} : { threads: Number(threads) }),
      readers: library.FORMAT_READERS,
    });
    return {
      engine,
      query: { catalog: catalogOf(context, host, times), ...(params === undefined ? {} : { params }), signal: signal ?? context.signal },
      spillDirectory,
      release: async () => {
        if (done !== engine) done?.close();
        done = engine;
        await rm(spillDirectory, { recursive: true, force: true });
      },
    };
  }

  return {
    async query(asked) {
      const { engine, query, release } = await prepare(asked);
      try {
        const { watchedResult } = await import('@duckpond/query');
        return watchedResult(await engine.query(asked.script, query), { done: release });
      } catch (error) {
        await release();
        throw error;
      }
    },

    async explain(asked) {
      const { engine, query, release } = await prepare(asked);
      try {
        return await engine.explain(asked.script, { ...query, analyze: true });
      } finally {
        await release();
      }
    },

    async *parquet(asked, metadata = {}) {
      const { engine, query, spillDirectory, release } = await prepare(asked);
      const { signal, ...rest } = query;
      try {
        await mkdir(spillDirectory, { recursive: true, mode: 0o700 });
        const path = join(spillDirectory, 'result.parquet');
        await engine.copyToParquet({ sql: asked.script, query: rest }, path, { metadata, ...(signal === undefined ? {} : { signal }) });
        for await (const chunk of createReadStream(path, { highWaterMark: COPY_BYTES })) yield chunk as Uint8Array;
      } finally {
        await release();
      }
    },
  };
}

function catalogOf(
  context: Context, host: Catalog, { timeStartMicros, timeEndMicros }: Pick<RowQuery, 'timeStartMicros' | 'timeEndMicros'>,
): Catalog {
  const isBounded = timeStartMicros !== undefined || timeEndMicros !== undefined;
  return {
    ...(host.names === undefined ? {} : { names: host.names }),
    async resolve(name, signal) {
      const relation: Relation | undefined = await host.resolve(name, signal);
      if (relation !== undefined) {
        if (!isBounded || name.toLowerCase() !== 'source') return relation;
        throw new CliError(
          'failed', `Cannot read "${name}" by time: the time column of files of the host is not known, a table or series was wanted`,
          "--sql with a WHERE does it, or 'pond copy' into a series",
        );
      }
      if (!/^\/|:\/\/|^pond\./i.test(name)) return undefined;
      // Throws when there is none.
      locatePond(context);
      throw new NeedsPond(name);
    },
  };
}
