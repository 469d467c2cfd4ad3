import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPond, importRows, openRowImporter, type Pond, type RowImporter } from '@duckpond/pond';

/** A pond to which rows are added as CSV. */
export interface LakePond {
  readonly pond: Pond;
  /** One more version. */
  add(path: string, csv: string, kind?: 'series' | 'table'): Promise<void>;
  close(): Promise<void>;
}

export async function lakePond(directory: string): Promise<LakePond> {
  const pond = await createPond(join(directory, 'pond'));
  let importer: RowImporter | undefined;
  return {
    pond,
    async add(path, csv, kind = 'series') {
      importer ??= await openRowImporter(pond);
      const file = join(directory, 'rows.csv');
      writeFileSync(file, csv);
      const from = importer;
      const source = { kind: 'file', format: 'csv', paths: [file], options: {} } as const;
      await pond.write(async (fs) => importRows(from, await fs.root(), path, source, { kind }));
    },
    async close() {
      await importer?.close();
      await pond.close();
    },
  };
}
