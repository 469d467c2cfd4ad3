import { readFileSync, writeFileSync } from 'node:fs';
import type { Relation, TabularContent } from '@duckpond/query';
import type { TabularFacts } from '@duckpond/tinyfs';
import type { RunMaker } from '../src/pond.ts';

// Rows as the package keeps them, without DuckDB: JSON behind the first bytes that tell Parquet and Arrow apart.

const PARQUET = Buffer.from('PAR1');
const ARROW = Buffer.from([255, 255, 255, 255]);

export function factsOf(rows: readonly number[], columns: readonly string[] = ['t', 'a']): TabularFacts {
  const times = rows.map(BigInt).sort((a, b) => (a < b ? -1 : 1));
  const [first, last] = [times[0], times.at(-1)];
  return {
    columns: columns.map((name) => ({ name, type: 'BIGINT', nulls: 0 })), rowCount: rows.length, timeColumn: 't',
    ...(first === undefined || last === undefined ? {} : { timeMinMicros: first, timeMaxMicros: last }),
  };
}

/** Event times are the rows. `fill` makes it longer. */
export function contentOf(rows: readonly number[], format: 'arrow' | 'parquet', fill: number = 0): Uint8Array {
  return Buffer.concat([format === 'arrow' ? ARROW : PARQUET, Buffer.from(JSON.stringify(rows) + ' '.repeat(fill))]);
}

export function inlineContent(rows: readonly number[], columns?: readonly string[]): TabularContent {
  return { kind: 'inline', bytes: contentOf(rows, 'arrow'), facts: factsOf(rows, columns) };
}

type RunRow = readonly [version: number, row: number];

function json(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.subarray(4)).toString());
}

function runRows(path: string, { from, to }: { readonly from: number; readonly to: number }): RunRow[] {
  return (json(readFileSync(path)) as RunRow[]).filter(([version]) => version >= from && version <= to);
}

export function rowsOf(relation: Relation): number[] {
  return relation.parts.flatMap((part): number[] => {
    if (part.kind === 'arrow') return part.streams.flatMap((bytes) => json(bytes) as number[]);
    if (part.kind !== 'parquet') throw new TypeError(`a part of kind ${part.kind}`);
    const { versions, paths } = part;
    return paths.flatMap((path) => (versions === undefined ? json(readFileSync(path)) as number[] : runRows(path, versions).map(([, row]) => row)));
  });
}

export interface FakeRunMaker extends RunMaker {
  readonly made: () => number;
}

export function fakeRunMaker(): FakeRunMaker {
  let count = 0;
  return {
    made: () => count,
    make(versions, _columns, path) {
      const rows = versions.flatMap((content): RunRow[] => {
        if (content.kind === 'run') return runRows(content.path, content.versions);
        const own = content.kind === 'arrow' ? json(content.bytes) : json(readFileSync(content.path));
        return (own as number[]).map((row) => [content.version, row]);
      });
      writeFileSync(path, Buffer.concat([PARQUET, Buffer.from(JSON.stringify(rows))]));
      count++;
      return Promise.resolve({ rowCount: rows.length });
    },
    close() { /* nothing is open */ },
  };
}
