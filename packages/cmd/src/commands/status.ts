import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitReport } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import { formatBytes, plural } from '../output/size.ts';
import { backupStates, lagText } from '../remotes/backup-states.ts';
import { formatDuration, formatTimestamp, parseDuration } from '../time.ts';

export async function run(context: Context, _args: unknown, { maxAge }: { maxAge: string | undefined }): Promise<ExitCode> {
  const maxAgeMicros = maxAge === undefined ? undefined : parseDuration(maxAge);
  return withPond(context, async (pond) => {
    const status = await pond.status();
    const { identity, lastTransaction: last, nodes, contentBytes, storeBytes, storeFiles, tailCommits, deltaVersion, problems } = status;
    const ageMicros = last === undefined ? undefined : context.effects.nowMicros() - last.timestampMicros;
    const ageText = ageMicros === undefined ? 'never' : formatDuration(Number(ageMicros / 1000n));
    const stale = maxAgeMicros !== undefined && (ageMicros === undefined || ageMicros > maxAgeMicros);
    const backups = await backupStates(pond, last?.txnSeq ?? 0);
    const failures = backups.flatMap(({ name, failure }) => (failure === null ? [] : [`The last push to ${name} failed: ${failure}`]));
    const known = [...problems, ...failures];
    const faults = stale ? [...known, `The last transaction is ${ageText} old, at most ${maxAge ?? ''} was wanted`] : known;
    const healthy = faults.length === 0;
    await emitReport(context, {
      directory: pond.directory,
      pondId: identity.id,
      created: formatTimestamp(identity.createdMicros),
      user: identity.user,
      host: identity.host,
      birthplace: identity.birthplace,
      format: identity.format,
      lastTransaction: last === undefined ? null : {
        txnSeq: last.txnSeq, timestamp: formatTimestamp(last.timestampMicros), command: last.command.join(' '), user: last.user,
      },
      ...nodes,
      contentBytes,
      storeBytes,
      storeFiles,
      deltaVersion,
      tailCommits,
      backups,
      healthy,
      problems: faults,
    }, [
      ['Pond', printable(pond.directory)],
      ['Id', identity.id],
      ['Created', `${formatTimestamp(identity.createdMicros)} by ${printable(`${identity.user}@${identity.host}`)}`],
      ...(identity.birthplace === '' ? [] : [['Birthplace', printable(identity.birthplace)] as const]),
      ['Last transaction', last === undefined ? 'none' : `${last.txnSeq}, ${ageText} ago: ${printable(last.command.join(' '))}`],
      ['Nodes', [
        plural(nodes.files, 'file', 'files'),
        plural(nodes.directories, 'directory', 'directories'),
        plural(nodes.symlinks, 'link', 'links'),
      ].join(', ')],
      ['Content', formatBytes(contentBytes)],
      ['Store', `${formatBytes(storeBytes)} in ${plural(storeFiles, 'file', 'files')}`],
      ['Log', `version ${deltaVersion}, ${plural(tailCommits, 'commit', 'commits')} since the folded state`],
      ...backups.map((backup) => [`Backup ${backup.name}`, lagText(backup)] as const),
      ['Health', healthy ? 'good' : faults.map(printable).join('; ')],
    ]);
    return healthy ? 0 : 1;
  });
}
