import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, cpuUsage, resourceUsage, stdout } from 'node:process';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { openEngine } from '../../src/engine.ts';
import { readError } from '../../src/formats/read-error.ts';
import { FORMAT_READERS } from '../../src/formats/readers.ts';

/** Reads one file that is made to exhaust whoever reads it, and tells how that went and what it took. */

export interface BombReport {
  /** Rows, or the message of the refusal. */
  readonly outcome: number | string;
  readonly cpuMillis: number;
  /** The most that the process held. */
  readonly memoryMegabytes: number;
}

interface Bomb {
  readonly format: string;
  readonly name: string;
  readonly make: () => Uint8Array;
}

const MB = 1024 * 1024;

/** A zip file with one deflated member whose size is told as it is. */
function zipOf(name: string, content: Uint8Array): Uint8Array {
  const packed = deflateRawSync(content);
  const path = Buffer.from(name);
  const header = (isCentral: boolean): Buffer => {
    const bytes = Buffer.alloc(isCentral ? 46 : 30);
    const at = isCentral ? 6 : 4;
    bytes.writeUInt32LE(isCentral ? 0x02014b50 : 0x04034b50, 0);
    bytes.writeUInt16LE(20, at);
    bytes.writeUInt16LE(8, at + 4);
    bytes.writeUInt32LE(crc32(content), at + 10);
    bytes.writeUInt32LE(packed.length, at + 14);
    bytes.writeUInt32LE(content.length, at + 18);
    bytes.writeUInt16LE(path.length, at + 22);
    return bytes;
  };
  const local = Buffer.concat([header(false), path, packed]);
  const central = Buffer.concat([header(true), path]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const BOMBS: Readonly<Record<string, Bomb>> = {
  'gzip of one line': { format: 'csv', name: 'x.csv.gz', make: () => gzipSync(Buffer.alloc(40 * MB, 'a')) },
  'gzip of many lines': { format: 'csv', name: 'x.csv.gz', make: () => gzipSync(Buffer.concat([Buffer.from('a,b\n'), Buffer.alloc(100 * MB, '1,2\n')])) },
  'zip of zeros as a workbook': { format: 'excel', name: 'x.xlsx', make: () => zipOf('xl/workbook.xml', Buffer.alloc(300 * MB)) },
  '100,000 columns': {
    format: 'csv', name: 'x.csv',
    make: () => Buffer.from(`${Array.from({ length: 100_000 }, (_, i) => `c${i}`).join()}\n${'1,'.repeat(99_999)}1\n`),
  },
  'nested arrays': { format: 'json', name: 'x.json', make: () => Buffer.from('['.repeat(2_000_000)) },
  'nested objects': { format: 'ndjson', name: 'x.ndjson', make: () => Buffer.from(`${'{"a":'.repeat(300_000)}1${'}'.repeat(300_000)}\n`) },
  'nested points': { format: 'oteljson', name: 'x.json', make: () => Buffer.from(`${'{"resourceMetrics":['.repeat(100_000)}\n`) },
  'one line of a log': { format: 'weblog', name: 'x.log', make: () => Buffer.alloc(100 * MB, '"') },
  'wide cell': {
    format: 'excelhtml', name: 'x.xls',
    make: () => Buffer.from(`<html><table><tr><th>a</th></tr>${'<tr><td colspan="1000000000" rowspan="1000000000">1</td></tr>'.repeat(1000)}</table></html>`),
  },
  'nested tables': { format: 'excelhtml', name: 'x.xls', make: () => Buffer.from('<table><tr><td>'.repeat(300_000)) },
  'zeros as Arrow': { format: 'arrow', name: 'x.arrow', make: () => Buffer.concat([Buffer.from([255, 255, 255, 255, 255, 255, 255, 127]), Buffer.alloc(1000)]) },
  'huge footer of Parquet': { format: 'parquet', name: 'x.parquet', make: () => Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(1000), Buffer.from([255, 255, 255, 127]), Buffer.from('PAR1')]) },
};

const [, , command = 'list', name = '', directory = ''] = argv;
const bomb = BOMBS[name];
const path = join(directory, bomb?.name ?? '');
if (command === 'list' || bomb === undefined) stdout.write(JSON.stringify(Object.keys(BOMBS)));
else if (command === 'make') writeFileSync(path, bomb.make());
else stdout.write(JSON.stringify(await read(bomb.format)));

async function read(format: string): Promise<BombReport> {
  const engine = await openEngine({ readableDirectories: [directory], spillDirectory: directory, readers: FORMAT_READERS, memoryLimit: '256MB', threads: 1 });
  const started = cpuUsage();
  let outcome: number | string = 0;
  try {
    const file = { kind: 'file' as const, format, paths: [path], options: {} };
    const result = await engine.query('SELECT count(*)::INTEGER AS n FROM t', { catalog: { resolve: () => Promise.resolve({ parts: [file] }) } });
    for await (const row of result.rowObjects()) outcome = Number(row['n']);
  } catch (error) {
    outcome = (readError(error) ?? (error as Error)).message;
  }
  const { user, system } = cpuUsage(started);
  engine.close();
  return { outcome, cpuMillis: Math.round((user + system) / 1000), memoryMegabytes: Math.round(resourceUsage().maxRSS / 1024) };
}
