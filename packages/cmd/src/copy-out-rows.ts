import type { Pond } from '@duckpond/pond';
import type { NodePath, WD } from '@duckpond/tinyfs';
import { contentOf } from './commands/cat.ts';
import type { Context } from './context.ts';
import type { Output } from './effects.ts';
import { withPond } from './open-pond.ts';
import { refuseTerminal, type RowFormat } from './output/format.ts';
import { settingsFromEnvironment } from './rows/settings.ts';

/** Writes files of one state of the pond: the bytes of data files, the rows of tables and series. */
export interface FileWriter {
  write(root: WD, file: NodePath, format: RowFormat | 'raw', out: Output): Promise<void>;
}

/** Runs `work` on one state of the pond, whatever others commit meanwhile: what it lists is what it reads. */
export async function readState<T>(context: Context, work: (root: WD, writer: FileWriter, pond: Pond) => Promise<T>): Promise<T> {
  return withPond(context, async (pond) => {
    const { txnSeq } = await pond.transaction(context.at);
    const at = { txnSeq };
    const writer: FileWriter = {
      write: async (root, file, format, out) => {
        const { path, node } = file;
        if ((node.kind !== 'table' && node.kind !== 'series') || format === 'raw') {
          for await (const chunk of contentOf(root, file, true)) await out.write(chunk);
          return;
        }
        refuseTerminal(format, out);
        const settings = settingsFromEnvironment(context.effects.env);
        const options = { tables: { source: path }, at, settings, signal: context.signal };
        if (format === 'parquet') {
          const { parquetNotes } = await import('@duckpond/pond');
          const metadata = parquetNotes(node.tabular?.columns ?? []);
          for await (const chunk of pond.sqlParquet('SELECT * FROM source', { ...options, metadata })) await out.write(chunk);
          return;
        }
        const [{ querySource }, { writeResult }] = await Promise.all([
          import('./output/result/query-source.ts'), import('./output/result/write.ts'),
        ]);
        const result = await pond.sql('SELECT * FROM source', options);
        try {
          await writeResult(querySource(result, { arrow: () => result.arrow() }), format, out);
        } finally {
          await result.close();
        }
      },
    };
    return pond.read(async (fs) => work(await fs.root(), writer, pond), { at });
  });
}
