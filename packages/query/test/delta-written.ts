import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Delta tables made by hand for tests: logs of JSON, data files by DuckDB, deletion vectors in the descriptor. */

export interface WrittenFile {
  /** As the log has it, URI-encoded. */
  readonly path: string;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly deletedRows?: readonly number[];
}

export interface WrittenTable {
  readonly schema: readonly Readonly<Record<string, unknown>>[];
  readonly partitionColumns?: readonly string[];
  readonly configuration?: Readonly<Record<string, string>>;
  readonly files: readonly WrittenFile[];
}

/** A field of a schema; its column mapping, if it has one, by id and physical name. */
export function field(name: string, type: unknown, id?: number, physical: string = name): Readonly<Record<string, unknown>> {
  const metadata = id === undefined ? {} : { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physical };
  return { name, type, nullable: true, metadata };
}

/** Writes version 0. The data files are the caller's. */
export function writeDeltaTable(root: string, table: WrittenTable): void {
  const features = ['columnMapping', 'deletionVectors', 'timestampNtz'];
  const actions: unknown[] = [
    { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features } },
    {
      metaData: {
        id: 'c0ffee00-0000-4000-8000-000000000000', format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify({ type: 'struct', fields: table.schema }),
        partitionColumns: table.partitionColumns ?? [], configuration: table.configuration ?? {}, createdTime: 0,
      },
    },
    ...table.files.map(({ path, partitionValues = {}, deletedRows }) => ({
      add: {
        path, partitionValues, size: 1, modificationTime: 0, dataChange: true,
        ...(deletedRows === undefined ? {} : { deletionVector: inlineVector(deletedRows) }),
      },
    })),
  ];
  const file = join(root, '_delta_log', '00000000000000000000.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

/** Rows as an inline deletion vector: a Roaring bitmap of arrays and bitmaps, base 85. */
function inlineVector(rows: readonly number[]): object {
  const containers = new Map<number, number[]>();
  for (const row of rows) {
    const high = Math.floor(row / 65_536);
    containers.set(high, [...containers.get(high) ?? [], row % 65_536]);
  }
  const bodies = [...containers.values()].map((lows) => {
    if (lows.length <= 4096) return Buffer.from(Uint16Array.from(lows).buffer);
    const bits = Buffer.alloc(8192);
    for (const low of lows) bits.writeUInt8(bits.readUInt8(low >> 3) | 1 << (low & 7), low >> 3);
    return bits;
  });
  const head = Buffer.alloc(4 + 8 + 4 + 8);
  head.writeInt32LE(1681511377, 0);
  head.writeBigUInt64LE(1n, 4);
  head.writeUInt32LE(12346, 16);
  head.writeUInt32LE(containers.size, 20);
  const headers = Buffer.from(Uint16Array.from([...containers].flatMap(([high, lows]) => [high, lows.length - 1])).buffer);
  let offset = 8 + containers.size * 8;
  const offsets = Buffer.from(Uint32Array.from(bodies.map((body) => (offset += body.length) - body.length)).buffer);
  const bytes = Buffer.concat([head, headers, offsets, ...bodies]);
  return {
    storageType: 'i', pathOrInlineDv: encodeZ85(Buffer.concat([bytes, Buffer.alloc((4 - bytes.length % 4) % 4)])),
    sizeInBytes: bytes.length, cardinality: rows.length,
  };
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

function encodeZ85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let number = bytes.readUInt32BE(at);
    let group = '';
    for (let digit = 0; digit < 5; digit++) {
      group = (ALPHABET[number % 85] ?? '') + group;
      number = Math.floor(number / 85);
    }
    text += group;
  }
  return text;
}

/** Runs a Python script that prints JSON. */
export function runPython<Result>(interpreter: string, script: string, ...parameters: string[]): Result {
  // Not a plain end: the threads of pyarrow and deltalake abort the process when the interpreter winds down.
  const ending = `${script}\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n`;
  const printed = execFileSync(interpreter, ['-c', ending, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return JSON.parse(printed) as Result;
}
