import { createHash } from 'node:crypto';
import { appendTabular, type Pond, type TabularContent, type WritableWD } from '@duckpond/pond';
import type { Location, Names, PageParameter } from './answers.ts';
import type { Client } from './client.ts';
import { below, type HydroVuConfig } from './config.ts';

/** What the API says about itself, asked for once in a run and only when a run needs it. */
export interface Metadata {
  /** What is known of names so far. */
  readonly names: Names;
  /** Asks for names when one of these ids has none, at most once. */
  learn(parameters: readonly Pick<PageParameter, 'parameterId' | 'unitId'>[], signal?: AbortSignal): Promise<void>;
  locations(signal?: AbortSignal): Promise<readonly Location[]>;
  /** Asks for all of it. */
  load(signal?: AbortSignal): Promise<void>;
  /** Writes the tables of what was asked for, in one transaction; there is none when they say that already. */
  store(pond: Pond, config: HydroVuConfig, command: readonly string[]): Promise<void>;
}

const NO_NAMES: Names = { parameters: new Map(), units: new Map() };

export function createMetadata(client: Client): Metadata {
  let names: Promise<Names> | undefined;
  let locations: Promise<readonly Location[]> | undefined;
  let known = NO_NAMES;
  const ask = async (signal: AbortSignal | undefined): Promise<void> => {
    known = await (names ??= client.names(signal));
  };
  const askLocations = (signal: AbortSignal | undefined): Promise<readonly Location[]> => (locations ??= client.locations(signal));
  return {
    get names() { return known; },
    async learn(parameters, signal) {
      if (names === undefined && parameters.length > 0) await ask(signal);
    },
    locations: askLocations,
    async load(signal) {
      await ask(signal);
      await askLocations(signal);
    },
    async store(pond, config, command) {
      const tables: (readonly [name: string, content: TabularContent])[] = [];
      if (names !== undefined) {
        tables.push(['names', await namesTable(known.parameters)], ['units', await namesTable(known.units)]);
      }
      if (locations !== undefined) tables.push(['locations', await locationsTable(await locations, config)]);
      await pond.write(async (fs) => {
        const root = await fs.root();
        for (const [name, content] of tables) await replaceTable(root, below(config.path, `${name}.table`), content);
      }, { command });
    },
  };
}

async function replaceTable(root: WritableWD, path: string, content: TabularContent): Promise<void> {
  if (await root.exists(path)) {
    const { node } = await root.get(path);
    const sha256 = content.kind === 'inline' ? createHash('sha256').update(content.bytes).digest('hex') : undefined;
    if ('sha256' in node && node.sha256 === sha256) return;
  }
  await appendTabular(root, path, content, { kind: 'table', parents: true });
}

type Cell = string | number | bigint | undefined;

interface TableColumn {
  readonly name: string;
  readonly type: 'VARCHAR' | 'DOUBLE' | 'BIGINT';
  readonly values: readonly Cell[];
  readonly unit?: string;
}

function namesTable(names: ReadonlyMap<string, string>): Promise<TabularContent> {
  const sorted = [...names].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return tableContent([
    { name: 'id', type: 'VARCHAR', values: sorted.map(([id]) => id) },
    { name: 'name', type: 'VARCHAR', values: sorted.map(([, name]) => name) },
  ]);
}

function locationsTable(locations: readonly Location[], { devices }: HydroVuConfig): Promise<TabularContent> {
  const sorted = [...locations].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  const device = new Map(devices.map(({ id, name }) => [id, name]));
  const column = (name: string, type: TableColumn['type'], value: (location: Location) => Cell, unit?: string): TableColumn =>
    ({ name, type, values: sorted.map(value), ...(unit === undefined ? {} : { unit }) });
  return tableContent([
    column('id', 'BIGINT', ({ id }) => BigInt(id)), column('name', 'VARCHAR', ({ name }) => name),
    column('description', 'VARCHAR', ({ description }) => description),
    column('latitude', 'DOUBLE', ({ latitude }) => latitude, '°'), column('longitude', 'DOUBLE', ({ longitude }) => longitude, '°'),
    column('device', 'VARCHAR', ({ id }) => device.get(id)),
  ]);
}

/** A small table; an account has at most some thousand locations, which is below what is kept inline as a blob. */
async function tableContent(columns: readonly TableColumn[]): Promise<TabularContent> {
  const {
    Field, Float64, Int64, RecordBatch, Schema, Struct, Table, Utf8, makeData, tableToIPC, vectorFromArray,
  } = await import('apache-arrow');
  const typeOf = { VARCHAR: () => new Utf8(), DOUBLE: () => new Float64(), BIGINT: () => new Int64() };
  const rowCount = columns[0]?.values.length ?? 0;
  const vectors = columns.map(({ type, values }) => vectorFromArray(values.map((value) => value ?? null), typeOf[type]()));
  const schema = new Schema(columns.map(({ name, type }) => new Field(name, typeOf[type](), true)));
  const children = vectors.flatMap((vector) => vector.data);
  const data = makeData({ type: new Struct(schema.fields), length: rowCount, nullCount: 0, children });
  return {
    kind: 'inline', bytes: tableToIPC(new Table(schema, new RecordBatch(schema, data)), 'stream'),
    facts: {
      rowCount,
      columns: columns.map(({ name, type, values, unit }) => ({
        name, type, nulls: values.filter((value) => value === undefined).length, ...(unit === undefined ? {} : { unit }),
      })),
    },
  };
}
