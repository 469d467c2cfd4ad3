import { type Environment, openPond, type OpenOptions, type Pond, type TransactionInfo, type WriteResult } from '@duckpond/pond';
import type { FS, WD, WritableWD } from '@duckpond/tinyfs';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from './context.ts';
import type { Effects } from './effects.ts';
import { CliError, isError } from './errors.ts';
import { ALL_FACTORIES } from './factories.ts';

/**
 * The directory that `--pond` or `POND` names, else the nearest `.pond` from the working directory upwards.
 *
 * @throws CliError `no-pond`
 */
export function locatePond(context: Pick<Context, 'effects' | 'globals'>): string {
  const named = namedPond(context);
  if (named !== undefined) return named;
  for (let at = context.effects.cwd(); ; at = dirname(at)) {
    const candidate = join(at, '.pond');
    if (existsSync(candidate)) return candidate;
    if (dirname(at) === at) throw noPondNamed();
  }
}

/** The directory that `--pond` or `POND` names: a pond is never made where a search led. @throws CliError `no-pond` */
export function namedPondOrFail(context: Pick<Context, 'effects' | 'globals'>): string {
  const named = namedPond(context);
  if (named === undefined) throw noPondNamed();
  return named;
}

function namedPond({ effects, globals }: Pick<Context, 'effects' | 'globals'>): string | undefined {
  const named = globals.pond ?? effects.env['POND'];
  return named === undefined || named === '' ? undefined : resolve(effects.cwd(), named);
}

function noPondNamed(): CliError {
  return new CliError('no-pond', 'POND environment variable not set', 'name a pond with --pond DIR or POND=DIR');
}

/** A pond can be made where there is nothing. */
function noPondAt(directory: string, cause: Error): CliError {
  const facts = existsSync(directory) ? statSync(directory) : undefined;
  const [other] = facts?.isDirectory() === true ? readdirSync(directory).filter((name) => name !== 'store') : [];
  const what = facts?.isDirectory() === false ? ', it is a file' : other === undefined ? '' : `, the directory has "${other}" in it`;
  const hint = what === '' ? "Run 'pond init' first" : 'name the directory of a pond with --pond DIR or POND=DIR';
  return new CliError('no-pond', `Cannot open "${directory}": Pond does not exist${what}`, hint, { cause });
}

export function pondEnvironment(effects: Effects): Environment {
  // Only a command that writes asks who and where.
  return {
    nowMicros: effects.nowMicros,
    uuid: effects.uuid,
    get user() {
      return effects.user();
    },
    get host() {
      return effects.host();
    },
  };
}

/** The pond of this command line, to be closed by the caller. */
export async function openPondOf(context: Context, more: Pick<OpenOptions, 'exported'> = {}): Promise<Pond> {
  const directory = locatePond(context);
  const pond = await openPond(directory, {
    environment: pondEnvironment(context.effects), factories: ALL_FACTORIES, variable: (name) => context.effects.env[name], ...more,
  }).catch((error: unknown) => {
    if (!isError(error, 'PondError', 'no-pond')) throw error;
    throw noPondAt(directory, error);
  });
  context.logger.debug('opened', { directory });
  return pond;
}

/** Runs `work` with the pond of this command line open. */
export async function withPond<T>(
  context: Context, work: (pond: Pond) => Promise<T>, more: Pick<OpenOptions, 'exported'> = {},
): Promise<T> {
  const pond = await openPondOf(context, more);
  try {
    const result = await work(pond);
    const { changes, group } = context.command;
    if (changes === true && group !== 'elsewhere') await (await import('./remotes/auto-push.ts')).autoPush(context, pond);
    return result;
  } finally {
    await pond.close();
  }
}

/** Runs `work` on the root of the state that `--at` names, without changing anything. */
export function readPond<T>(context: Context, work: (root: WD, pond: Pond) => Promise<T>): Promise<T> {
  return withPond(context, (pond) =>
    pond.read(async (fs: FS) => work(await fs.root(), pond), context.at === undefined ? {} : { at: context.at }));
}

/** Ends a dry run: what a transaction's function rejects with leaves no trace. */
const ROLL_BACK: Error = new CliError('failed', 'Dry run');

/**
 * Runs `work` as one transaction, named in the log by this command line. A dry run does the same and then lets go of it.
 */
export async function changePond<T>(
  context: Context,
  dryRun: boolean,
  work: (root: WritableWD, pond: Pond) => Promise<T>,
): Promise<WriteResult<T>> {
  return withPond(context, async (pond) => {
    let value: { readonly of: T } | undefined;
    try {
      const result = await pond.write(async (fs) => {
        value = { of: await work(await fs.root(), pond) };
        if (dryRun) throw ROLL_BACK;
        return value.of;
      }, { command: context.commandLine });
      logTransaction(context, result.transaction);
      return result;
    } catch (error) {
      if (error !== ROLL_BACK || value === undefined) throw error;
      context.note('dry run: nothing was changed');
      return { value: value.of, transaction: undefined };
    }
  });
}

export function logTransaction(context: Context, transaction: TransactionInfo | undefined): void {
  if (transaction === undefined) return;
  context.logger.setTransaction(transaction.txnSeq);
  context.logger.info('committed', { durationMicros: transaction.durationMicros, ...transaction.changes });
  context.detail(`transaction ${transaction.txnSeq}`);
}
