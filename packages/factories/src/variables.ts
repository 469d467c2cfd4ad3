import { badConfig, FactoryError } from './errors.ts';
import { argument } from './template/filters.ts';
import { compileTemplate, type TemplateFunction } from './template/safe-template.ts';
import { TemplateFault, textOf } from './template/values.ts';

/** Where a text that is expanded stands. */
export interface ExpandedAt {
  readonly file: string;
  readonly field: string;
  readonly line: number | undefined;
  /** The text is a secret: what `get_env` gives stays a reference to the environment, so that it is never stored. */
  readonly isSecret?: boolean;
}

/** What `-v KEY=VALUE` said, for the texts of documents. */
export interface Variables {
  /** A template with its values. It sees the variables, `get_env` and nothing else. @throws FactoryError `bad-config` */
  expand(text: string, at: ExpandedAt): string;
}

export function createVariables(
  values: Readonly<Record<string, string>>, variable: (name: string) => string | undefined,
): Variables {
  return {
    expand(text, { file, field, line, isSecret = false }) {
      if (!/\{[{%#]/.test(text)) return text;
      try {
        return compileTemplate(text, { name: field, functions: { get_env: getEnv(variable, isSecret) } }).render(values);
      } catch (error) {
        if (!(error instanceof FactoryError)) throw error;
        const cause = error.cause instanceof TemplateFault ? error.cause.message.replace(/^line \d+: /, '') : error.message;
        throw badConfig(file, [{ line, field, problem: `${cause}, in ${JSON.stringify(text)}` }]);
      }
    },
  };
}

/** `get_env(name="NAME", default="text")`. */
function getEnv(variable: (name: string) => string | undefined, isSecret: boolean): TemplateFunction {
  return (args, named) => {
    const name = textOf(argument(args, named, 0, 'name'));
    const other = argument(args, named, 1, 'default', null);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new TemplateFault(`${JSON.stringify(name)} is no name of a variable of the environment`);
    }
    if (isSecret) return `\${env:${name}}`;
    const value = variable(name) ?? (other === null ? undefined : textOf(other));
    if (value === undefined) throw new TemplateFault(`the environment has no variable ${name}, it was wanted`);
    return value;
  };
}
