import type {
  DataFactory, Dependence, DirectoryOfFactory, ExecutableFactory, FactoryContext, RowsFactory, RunContext, ToldChild,
} from '@duckpond/pond';
import type { z } from 'zod';
import { parseConfig } from './config.ts';

/** What people and editors are told of a factory; one definition gives the checks, the messages, the page and the JSON Schema. */
export interface FactoryDefinition<S extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly schema: S;
  /** A config that works once its inputs are there. */
  readonly example: string;
}

interface Shared<C> {
  /** What a schema cannot say: placeholders without captures, fields that exclude each other. Throws `badConfig`. */
  readonly check?: (config: C, file: string) => void;
  readonly inputs: (config: C) => readonly string[];
}

type WithConfig<X, C> = Omit<X, 'config'> & { readonly config: C };

/** What a factory of rows is given, its config checked. */
export type RowsContext<C> = WithConfig<Parameters<RowsFactory['rows']>[0], C>;

type Making<C> =
  | (Shared<C> & {
    readonly makes: 'directory'; readonly children?: (config: C) => readonly ToldChild[];
    readonly make: (context: WithConfig<Parameters<DirectoryOfFactory['make']>[0], C>) => ReturnType<DirectoryOfFactory['make']>;
  })
  | (Shared<C> & {
    readonly makes: 'table' | 'series';
    readonly rows: (context: RowsContext<C>) => ReturnType<RowsFactory['rows']>;
    readonly dependence?: (context: RowsContext<C>) => Dependence | Promise<Dependence>;
  })
  | (Shared<C> & {
    readonly makes: 'data'; readonly content: (context: WithConfig<Parameters<DataFactory['content']>[0], C>) => AsyncIterable<Uint8Array>;
  })
  | (Shared<C> & {
    readonly makes: 'data'; readonly commands: ExecutableFactory['commands']; readonly outputs?: (config: C) => readonly string[];
    readonly run: (context: WithConfig<RunContext, C>) => ReturnType<ExecutableFactory['run']>;
  });

/** A factory whose parts are given their config checked. */
export type DefinedFactory = (DirectoryOfFactory | RowsFactory | DataFactory | ExecutableFactory) & {
  readonly definition: FactoryDefinition<z.ZodType>;
};

/** Ties a factory to its config. */
export function defineFactory<S extends z.ZodType>(definition: FactoryDefinition<S>, making: Making<z.infer<S>>): DefinedFactory {
  type C = z.infer<S>;
  const { name, schema } = definition;
  const parsed = (text: string, file = `the config of ${name}`): C => {
    const config = parseConfig(schema, text, file);
    making.check?.(config, file);
    return config;
  };
  const shared = {
    definition,
    check: (text: string, file?: string) => void parsed(text, file),
    inputs: (text: string) => making.inputs(parsed(text)),
  };
  const withConfig = <X extends FactoryContext | RunContext>(context: X): WithConfig<X, C> => (
    { ...context, config: parsed(context.config) });
  if (making.makes === 'directory') {
    const { children } = making;
    const told = children === undefined ? {} : { children: (text: string) => children(parsed(text)) };
    return { ...shared, ...told, makes: 'directory', make: (context) => making.make(withConfig(context)) };
  }
  if (making.makes === 'data') {
    if ('content' in making) return { ...shared, makes: 'data', content: (context) => making.content(withConfig(context)) };
    const { outputs } = making;
    const told = outputs === undefined ? {} : { outputs: (text: string) => outputs(parsed(text)) };
    return {
      ...shared, ...told, makes: 'data', commands: making.commands,
      async *content({ config }) { yield Buffer.from(config); },
      run: (context) => making.run(withConfig(context)),
    };
  }
  const { dependence } = making;
  const told: Pick<RowsFactory, 'dependence'> = dependence === undefined
    ? {} : { dependence: (context) => dependence(withConfig(context)) };
  return { ...shared, ...told, makes: making.makes, rows: (context) => making.rows(withConfig(context)) };
}
