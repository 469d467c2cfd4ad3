import type { DataType, StructField, StructType } from '@duckpond/delta';
import type { NamesInFile } from './delta-type.ts';
import type { ScanSession } from './scan-session.ts';

/** Column mapping by id: fields are found in each data file by the field ids of its Parquet schema, whatever they are called there. */

/** An element of a Parquet schema. */
export interface ParquetElement {
  readonly name: string;
  readonly id: number | undefined;
  readonly children: readonly ParquetElement[];
}

/** What the fields of the table are called in files of one layout. `key` is equal exactly for files in which they are called the same. */
export interface FileLayout {
  readonly key: string;
  readonly nameOf: NamesInFile;
}

/** The layout of each file, in the order of `paths`; `files` is an expression for their list. */
export async function fileLayouts(
  session: ScanSession, paths: readonly string[], files: string, schema: StructType, idOf: (field: StructField) => number | undefined,
): Promise<FileLayout[]> {
  const schemas = await parquetSchemas(session, files);
  return paths.map((path) => {
    const names = new Map<StructField, string>();
    nameFields(schema, schemas.get(path)?.children ?? [], idOf, names);
    return { key: JSON.stringify(layoutKey(schema, names)), nameOf: (field) => names.get(field) };
  });
}

/** Root elements by file. */
async function parquetSchemas(session: ScanSession, files: string): Promise<Map<string, ParquetElement>> {
  const rows = await session.all(`SELECT file_name, name, field_id, num_children FROM parquet_schema(${files})`);
  const byFile = new Map<string, (readonly unknown[])[]>();
  for (const row of rows) {
    const list = byFile.get(String(row[0]));
    if (list === undefined) byFile.set(String(row[0]), [row]);
    else list.push(row);
  }
  return new Map([...byFile].map(([file, elements]) => [file, parquetTree(elements)]));
}

/** Elements stand depth first, each with the number of its children. */
function parquetTree(rows: readonly (readonly unknown[])[]): ParquetElement {
  let next = 0;
  const read = (): ParquetElement => {
    const [, name, id, count] = rows[next] ?? [];
    next += 1;
    const children: ParquetElement[] = [];
    for (let child = 0; child < Number(count ?? 0) && next < rows.length; child++) children.push(read());
    return { name: String(name), id: id === null || id === undefined ? undefined : Number(id), children };
  };
  return read();
}

function nameFields(
  { fields }: StructType, elements: readonly ParquetElement[], idOf: (field: StructField) => number | undefined,
  names: Map<StructField, string>,
): void {
  for (const field of fields) {
    const id = idOf(field);
    const element = elements.find((candidate) => id !== undefined && candidate.id === id);
    if (element === undefined) continue;
    names.set(field, element.name);
    nameInside(field.type, element, idOf, names);
  }
}

function nameInside(
  type: DataType, element: ParquetElement, idOf: (field: StructField) => number | undefined, names: Map<StructField, string>,
): void {
  if (typeof type === 'string') return;
  switch (type.type) {
    case 'decimal':
      return;
    case 'struct':
      nameFields(type, element.children, idOf, names);
      return;
    case 'array': {
      // Three levels as the format wants them; older files have two: the repeated element is the struct itself.
      const repeated = element.children[0];
      if (repeated === undefined) return;
      const inner = repeated.children.length === 1 && repeated.name !== 'array' && !repeated.name.endsWith('_tuple')
        ? repeated.children[0] : repeated;
      if (inner !== undefined) nameInside(type.elementType, inner, idOf, names);
      return;
    }
    case 'map': {
      const [key, value] = element.children[0]?.children ?? [];
      if (key !== undefined) nameInside(type.keyType, key, idOf, names);
      if (value !== undefined) nameInside(type.valueType, value, idOf, names);
      return;
    }
  }
}

function layoutKey(type: DataType, names: ReadonlyMap<StructField, string>): unknown {
  if (typeof type === 'string') return 0;
  switch (type.type) {
    case 'decimal': return 0;
    case 'struct': return type.fields.map((field) => [names.get(field) ?? null, layoutKey(field.type, names)]);
    case 'array': return layoutKey(type.elementType, names);
    case 'map': return [layoutKey(type.keyType, names), layoutKey(type.valueType, names)];
  }
}
