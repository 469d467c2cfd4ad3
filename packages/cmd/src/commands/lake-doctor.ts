import type { LakeFinding, LakeReport, Snippet } from '@duckpond/remote';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { pondEnvironment } from '../open-pond.ts';
import { emitLines, emitReport } from '../output/emit.ts';
import { chooseFormat } from '../output/format.ts';
import { printable } from '../output/printable.ts';
import { formatBytes, plural } from '../output/size.ts';
import { type AttachmentOptions, attachmentOf } from '../remotes/attachment-options.ts';
import { lakeUrl } from '../remotes/lake-url.ts';
import { withStore } from '../remotes/open-store.ts';

export async function run(context: Context, { url }: { url: string }, options: AttachmentOptions): Promise<ExitCode> {
  const { examineLake, resolveReference, snippets } = await import('@duckpond/remote');
  const { effects } = context;
  const attachment = attachmentOf(lakeUrl(context, url), options);
  const { tables, findings } = await withStore(context, attachment, (store) => (
    examineLake(store, { environment: pondEnvironment(effects) })));
  const faults = findings.filter(({ severity }) => severity === 'fault');
  const [first] = tables;
  const place = `${attachment.url.replace(/\/+$/, '')}${first === undefined || first.table === '' ? '' : `/${first.table}`}`;
  const endpoint = attachment.endpoint === undefined ? undefined
    : resolveReference('endpoint', attachment.endpoint, (name) => effects.env[name]);
  const told = snippets(place, endpoint);
  const healthy = faults.length === 0;
  if (chooseFormat(context.command, context.globals) === 'json') {
    await emitReport(context, { healthy, tables, findings, snippets: told }, []);
  } else await emitLines(context, lines(tables, findings, told));
  return healthy ? 0 : 1;
}

function* lines(tables: LakeReport['tables'], findings: readonly LakeFinding[], told: readonly Snippet[]): Generator<string> {
  for (const { table, version, readerVersion, writerVersion, files, bytes, rows } of tables) {
    const name = printable(table === '' ? '.' : table);
    const found = findings.filter((finding) => finding.table === table);
    const state = found.some(({ severity }) => severity === 'fault') ? 'damaged' : found.length > 0 ? 'works' : 'healthy';
    const facts = version === undefined ? ['cannot be read'] : [
      `version ${version}`, `reader ${String(readerVersion)}`, `writer ${String(writerVersion)}`, plural(files, 'file', 'files'),
      formatBytes(bytes), ...(rows === undefined ? [] : [plural(rows, 'row', 'rows')]),
    ];
    yield `${name}\t${state}\t${facts.join(', ')}`;
  }
  for (const { severity, table, message } of findings) {
    yield `${severity}: ${printable(table)}${table === '' ? '' : ': '}${printable(message)}`;
  }
  for (const { engine, text } of told) {
    yield '';
    yield `# ${engine}`;
    yield text;
  }
}
