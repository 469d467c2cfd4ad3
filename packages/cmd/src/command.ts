import type { Context } from './context.ts';

/** How one argument or option value is written and what the handler gets for it. */
export type ValueType = 'string' | 'integer';

/** What a value names, for completion: nothing known, a file of the host, a path in the pond. */
export type ValueOf = 'text' | 'host-file' | 'pond-path';

export interface OptionSpec {
  /** Long name without dashes; `--no-color` is the flag `no-color`. */
  readonly long: string;
  readonly short?: string;
  /** A second long name for the same option. */
  readonly alias?: string;
  readonly summary: string;
  /** Placeholder of the value in help (`N`, `DIR`); a flag has none. */
  readonly value?: string;
  readonly type?: ValueType;
  readonly of?: ValueOf;
  readonly choices?: readonly string[];
  /** May be given several times; the handler gets a list. */
  readonly repeat?: true;
}

export interface ArgumentSpec {
  /** As help shows it: `PATH`. */
  readonly name: string;
  readonly summary: string;
  readonly of?: ValueOf;
  readonly choices?: readonly string[];
  readonly optional?: true;
  /** Takes all that is left; only the last argument may. */
  readonly rest?: true;
}

/** Options by the name that the handler reads them by. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;
export type ArgumentTable = Readonly<Record<string, ArgumentSpec>>;

type One<S extends OptionSpec> =
  S extends { readonly choices: readonly (infer C)[] } ? C
    : S extends { readonly type: 'integer' } ? number
      : string;

/** `boolean` for a flag, a list for `repeat`, otherwise the value or undefined. */
export type OptionValue<S extends OptionSpec> =
  S extends { readonly value: string }
    ? S extends { readonly repeat: true } ? readonly One<S>[] : One<S> | undefined
    : boolean;

export type OptionValues<O extends OptionTable> = { readonly [K in keyof O]: OptionValue<O[K]> };

export type ArgumentValues<A extends ArgumentTable> = {
  readonly [K in keyof A]:
    A[K] extends { readonly rest: true } ? readonly string[]
      : A[K] extends { readonly optional: true } ? string | undefined
        : string;
};

export interface Example {
  readonly line: string;
  readonly summary: string;
}

/** The groups of `pond help`, in its order. */
export type Group = 'pond' | 'files' | 'resources' | 'elsewhere' | 'shell';

/** What a handler may return; nothing is 0. */
export type ExitCode = 0 | 1 | 2 | 3 | 10 | 11 | 12 | 13;
export type Handled = Promise<ExitCode | undefined | void>;

export interface CommandSpec<A extends ArgumentTable, O extends OptionTable> {
  /** One word, or two for a command below another: `config set`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: Group;
  readonly summary: string;
  /** Paragraphs of the help page after the summary. */
  readonly description?: readonly string[];
  readonly arguments: A;
  readonly options: O;
  /** Formats it can print; none when it has no rows. The first is what a program gets that names none. */
  readonly formats?: readonly string[];
  /** Whether it has effects beyond its output: then a closed pipe must not stop it half way. */
  readonly changes?: true;
  /** A command with `changes` that can also read an older state. */
  readonly acceptsAt?: true;
  /** All words after the first argument belong to what the command starts, options too. */
  readonly passThrough?: true;
  readonly examples: readonly Example[];
  /** Meanings that differ from the general table, by code. */
  readonly exitCodes?: Readonly<Partial<Record<ExitCode, string>>>;
}

/** A command as data; the handler behind it is loaded when it runs. */
export interface Command extends CommandSpec<ArgumentTable, OptionTable> {
  run(context: Context, args: unknown, options: unknown): Handled;
}

interface Handler<A extends ArgumentTable, O extends OptionTable> {
  readonly run: (context: Context, args: ArgumentValues<A>, options: OptionValues<O>) => Handled;
}

/** Ties a command to its module: the compiler checks that the handler accepts exactly what the table promises. */
export function define<const A extends ArgumentTable, const O extends OptionTable>(
  spec: CommandSpec<A, O> & { readonly load: () => Promise<Handler<A, O>> },
): Command {
  const { load, ...data } = spec;
  return {
    ...data,
    run: async (context, args, options) => {
      const handler = await load();
      // The parser built both records from these very tables.
      return handler.run(context, args as ArgumentValues<A>, options as OptionValues<O>);
    },
  };
}
