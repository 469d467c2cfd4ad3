import type * as Api from '@duckdb/node-api';
import type * as Delta from '@duckpond/delta';
import type { AddFile, Snapshot, StructField } from '@duckpond/delta';
import { BLOCK_SHIFT, deletedBlocks } from './delta-deleted-rows.ts';
import { fileLayouts } from './delta-field-ids.ts';
import { checkPartitionTexts, type PartitionColumn, partitionText, partitionValue } from './delta-partition.ts';
import type { DeltaSource } from './delta-source.ts';
import { deltaTypeName, type NamesInFile, renamedValue } from './delta-type.ts';
import { QueryError } from './errors.ts';
import { literalPath } from './formats/literal-path.ts';
import { quoteIdentifier } from './identifier.ts';
import type { Column } from './relation.ts';
import type { ScanSession } from './scan-session.ts';

/**
 * With at most so many different partitions each is a branch of its own, whose values are constants: DuckDB drops the branches that a
 * filter excludes, and reads none of their files. With more, the values are joined to the files.
 */
const BRANCHES_MAX = 64;

interface DataFile {
  readonly path: string;
  readonly add: AddFile;
  /** Texts of the partition values, in the order of the partition columns. */
  readonly partition: readonly string[];
  readonly layout: string;
  readonly nameOf: NamesInFile;
}

/** What all branches of one scan share. */
interface Scan {
  readonly session: ScanSession;
  readonly source: DeltaSource;
  readonly delta: typeof Delta;
  readonly api: typeof Api;
  readonly fields: readonly StructField[];
  readonly partitionColumns: readonly PartitionColumn[];
}

/** The columns of the table as DuckDB has them. */
export function deltaColumns(snapshot: Snapshot): Column[] {
  return snapshot.schema.fields.map(({ name, type }) => ({ name, type: deltaTypeName(type) }));
}

/**
 * The text of a SELECT of all rows of the snapshot, with exactly its columns. Data files are opened when it runs; deletion vectors,
 * and the Parquet schemas of a table whose columns are mapped by id, are read now.
 *
 * @throws QueryError `bad-input` for partition values that are none, a file elsewhere, a table without columns; DeltaError
 */
export async function deltaSelect(session: ScanSession, source: DeltaSource, snapshot: Snapshot): Promise<string> {
  const { fields } = snapshot.schema;
  if (fields.length === 0) {
    throw new QueryError('bad-input', `Cannot query "${source.name}": its schema has no columns, wanted at least one`, {});
  }
  if (snapshot.files.size === 0) {
    const nulls = fields.map(({ name, type }) => `CAST(NULL AS ${deltaTypeName(type)}) AS ${quoteIdentifier(name)}`);
    return `SELECT ${nulls.join(', ')} WHERE false`;
  }
  const [delta, api] = await Promise.all([import('@duckpond/delta'), import('@duckdb/node-api')]);
  const mode = delta.columnMappingMode(snapshot.metadata.configuration);
  const partitioned = new Set(snapshot.metadata.partitionColumns.map((name) => name.toLowerCase()));
  const partitionColumns = fields.filter(({ name }) => partitioned.has(name.toLowerCase()))
    .map((field) => ({ name: field.name, key: delta.physicalName(field, mode), type: field.type }));
  const scan: Scan = { session, source, delta, api, fields, partitionColumns };
  const files = await dataFiles(scan, snapshot);
  for (const [at, column] of partitionColumns.entries()) {
    const texts = await session.bindTexts([...new Set(files.map(({ partition }) => partition[at] ?? ''))]);
    await checkPartitionTexts(session, source.name, column, texts);
  }
  const selects: string[] = [];
  for (const group of groups(files)) selects.push(await groupSelect(scan, group));
  return selects.join(' UNION ALL ');
}

async function dataFiles({ session, source, delta, partitionColumns }: Scan, snapshot: Snapshot): Promise<DataFile[]> {
  const mode = delta.columnMappingMode(snapshot.metadata.configuration);
  const adds = [...snapshot.files.values()];
  const paths: string[] = [];
  for (const add of adds) paths.push(await source.locate(add.path));
  const layouts = mode !== 'id' ? undefined
    : await fileLayouts(session, paths, await session.bindTexts(paths.map(literalPath)), snapshot.schema, delta.columnId);
  const byName: NamesInFile = (field) => delta.physicalName(field, mode);
  return adds.map((add, at) => ({
    add,
    path: paths[at] ?? '',
    partition: partitionColumns.map(({ key, type }) => partitionText(type, add.partitionValues[key])),
    layout: layouts?.[at]?.key ?? '',
    nameOf: layouts?.[at]?.nameOf ?? byName,
  }));
}

/** Files that one scan reads: of one layout, all with deletion vectors or all without, and of one partition while those are few. */
function groups(files: readonly DataFile[]): DataFile[][] {
  const partitions = new Set(files.map(({ partition }) => JSON.stringify(partition)));
  const found = new Map<string, DataFile[]>();
  for (const file of files) {
    const partition = partitions.size > BRANCHES_MAX ? [] : file.partition;
    const key = JSON.stringify([file.layout, file.add.deletionVector !== undefined, partition]);
    const group = found.get(key);
    if (group === undefined) found.set(key, [file]);
    else group.push(file);
  }
  return [...found.values()];
}

async function groupSelect(scan: Scan, files: readonly DataFile[]): Promise<string> {
  const { session, fields, partitionColumns } = scan;
  const nameOf: NamesInFile = files[0]?.nameOf ?? (() => undefined);
  const partition = await partitionExpressions(scan, files);
  const deleted = await deletedRows(scan, files);
  const columns: { readonly name: string; readonly key: string; readonly type: string }[] = [];
  const values = fields.map((field) => {
    const { name, type } = field;
    const at = partitionColumns.findIndex((column) => column.name === name);
    const nameInFile = at < 0 ? nameOf(field) : undefined;
    const value = at >= 0 ? partition.values[at] ?? 'NULL'
      : nameInFile === undefined ? `CAST(NULL AS ${deltaTypeName(type)})`
        : renamedValue(type, nameOf, `f.c${columns.length}`);
    if (nameInFile !== undefined) columns.push({ name: `c${columns.length}`, key: nameInFile, type: deltaTypeName(type, nameOf) });
    return `${value} AS ${quoteIdentifier(name)}`;
  });
  // Something must be asked for, or there is no scan: a column of nulls that no file has.
  if (columns.length === 0) columns.push({ name: 'c0', key: '__duckpond_none', type: 'INTEGER' });
  const { mapValue, structValue } = scan.api;
  const schema = await session.bind(mapValue(columns.map(({ name, key, type }) => (
    // By the names in the file, so that a file that lacks a column gives nulls, and no file is opened to learn the types.
    { key, value: structValue({ name, type, default_value: null }) }))));
  const list = await session.bindTexts(files.map(({ path }) => literalPath(path)));
  return `SELECT ${values.join(', ')} FROM read_parquet(${list}, schema = ${schema}, hive_partitioning = false) AS f${
    partition.join}${deleted}`;
}

/** An expression for the value of each partition column, and the join that they need. */
async function partitionExpressions(
  { session, partitionColumns }: Scan, files: readonly DataFile[],
): Promise<{ values: string[]; join: string }> {
  const isSame = new Set(files.map(({ partition }) => JSON.stringify(partition))).size <= 1;
  const lists: string[] = [];
  const values: string[] = [];
  for (const [at, column] of partitionColumns.entries()) {
    const texts = (isSame ? files.slice(0, 1) : files).map(({ partition }) => partition[at] ?? '');
    const list = await session.bindTexts(texts);
    lists.push(list);
    values.push(isSame ? partitionValue(column.type, `${list}[1]`) : `p.v${at}`);
  }
  if (isSame) return { values, join: '' };
  const texts = lists.map((list, at) => `unnest(${list}) AS t${at}`);
  const typed = partitionColumns.map(({ type }, at) => `${partitionValue(type, `t.t${at}`)} AS v${at}`);
  const table = `SELECT t.file_index, ${typed.join(', ')} FROM (SELECT unnest(range(${files.length})) AS file_index, ${
    texts.join(', ')}) AS t`;
  return { values, join: ` JOIN (${table}) AS p ON CAST(f.file_index AS BIGINT) = p.file_index` };
}

/** The join and the filter that leave the deleted rows out; empty when the files have none. */
async function deletedRows({ session, source, delta, api }: Scan, files: readonly DataFile[]): Promise<string> {
  const indexes: number[] = [];
  const blocks: number[] = [];
  const bitmaps: Api.DuckDBBitValue[] = [];
  for (const [index, { add }] of files.entries()) {
    if (add.deletionVector === undefined) continue;
    for (const { block, bits } of deletedBlocks(await delta.readDeletionVector(source.store, add.deletionVector))) {
      indexes.push(index);
      blocks.push(block);
      bitmaps.push(new api.DuckDBBitValue(bits));
    }
  }
  if (bitmaps.length === 0) return '';
  const [index, block, bits] = [
    await session.bind(api.listValue(indexes)), await session.bind(api.listValue(blocks)), await session.bind(api.listValue(bitmaps)),
  ];
  const table = `SELECT CAST(unnest(${index}) AS BIGINT) AS file_index, CAST(unnest(${block}) AS BIGINT) AS block, unnest(${bits}) AS bits`;
  const bit = `CAST(f.file_row_number & ${2 ** BLOCK_SHIFT - 1} AS INTEGER)`;
  return ` LEFT JOIN (${table}) AS d ON CAST(f.file_index AS BIGINT) = d.file_index AND f.file_row_number >> ${BLOCK_SHIFT} = d.block`
    + ` WHERE d.bits IS NULL OR get_bit(d.bits, ${bit}) = 0`;
}
