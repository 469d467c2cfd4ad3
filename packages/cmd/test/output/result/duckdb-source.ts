import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import { fakeEffects } from '../../fake-effects.ts';
import type { RowFormat } from '../../../src/output/format.ts';
import { querySource } from '../../../src/output/result/query-source.ts';
import type { ResultSource } from '../../../src/output/result/source.ts';
import { writeResult } from '../../../src/output/result/write.ts';

export async function duckdb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  return connection;
}

/** A query's result as the engine hands it over. */
export async function sourceOf(connection: DuckDBConnection, sql: string): Promise<ResultSource> {
  const result = await connection.stream(sql);
  const types = result.columnTypes();
  return querySource({
    columns: result.columnNames().map((name, index) => ({ name, type: String(types[index]) })),
    types,
    async* chunks() {
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk;
      }
    },
  });
}

export async function resultBytes(connection: DuckDBConnection, sql: string, format: RowFormat): Promise<Buffer> {
  const fake = fakeEffects();
  await writeResult(await sourceOf(connection, sql), format, fake.effects.stdout);
  return fake.stdoutBytes();
}

export async function resultText(connection: DuckDBConnection, sql: string, format: RowFormat): Promise<string> {
  return (await resultBytes(connection, sql, format)).toString();
}
