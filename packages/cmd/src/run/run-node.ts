import { type Executable, withRunLock } from '@duckpond/factories';
import type { ExecutableFactory, Factories, Pond, PondFactory, RunOutcome } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { type Progress, startProgress } from '../output/progress.ts';

/** What is run: a node of the pond, or a config of the host, whose `id` names it as well. */
export type Runnable = Executable;

/**
 * Runs one node, alone. The first of the words is its command when the factory has one of that name.
 *
 * @throws FactoryError `locked`; CliError `usage`; whatever the run fails with
 */
export async function runNode(
  context: Context, pond: Pond, factories: Factories, node: Runnable, words: readonly string[],
): Promise<RunOutcome> {
  const factory = await factories.get(node.factory)?.load();
  if (factory === undefined || !isExecutable(factory)) {
    const what = `"${node.factory}" makes something and runs nothing, a node that can be run was wanted`;
    throw new CliError('failed', `Cannot run "${node.path}": ${what}`);
  }
  const { command, args } = commandOf(factory, node, words);
  let progress: Progress | undefined;
  const lock = {
    directory: pond.directory, key: node.id, path: node.path, host: context.effects.host(), nowMicros: context.effects.nowMicros,
    command: context.commandLine.join(' '),
  };
  try {
    return await withRunLock(lock, () => factory.run({
      pond, path: node.path, config: node.config, command, args,
      environment: { nowMicros: context.effects.nowMicros, variable: (name) => context.effects.env[name] },
      signal: context.signal, commandLine: context.commandLine,
      note: (text) => context.note(text),
      progress: (done, total, unit) => {
        progress ??= startProgress(context.effects, `${node.factory} ${unit}`, 'items', context.globals.quiet);
        progress.update(done, total);
      },
    }));
  } finally {
    progress?.stop();
  }
}

function isExecutable(factory: PondFactory): factory is ExecutableFactory {
  return 'run' in factory;
}

function commandOf(
  { commands }: ExecutableFactory, { path, factory }: Runnable, words: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const [first, ...rest] = words;
  const named = commands.find(({ name }) => name === first);
  if (named !== undefined) return { command: named.name, args: rest };
  const [usual] = commands;
  // What looks like a word for a command and is none is more likely a slip than an argument.
  if (usual !== undefined && (first === undefined || first.startsWith('-') || (commands.length === 1 && /[ […]/.test(usual.usage)))) {
    return { command: usual.name, args: words };
  }
  const known = commands.map(({ name }) => `"${name}"`).join(', ');
  throw new CliError('usage', `Cannot run "${path}" with "${first ?? ''}": "${factory}" has no such command, one of ${known} was wanted`);
}
