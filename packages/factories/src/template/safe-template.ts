import nunjucks from 'nunjucks';
import { FactoryError } from '../errors.ts';
import { evaluateTemplate } from './evaluate.ts';
import { createFilters } from './filters.ts';
import { FUNCTIONS } from './functions.ts';
import type { TemplateNode, TemplateParser } from './syntax.ts';
import { escapeHtml, TemplateFault } from './values.ts';

export type NamedArguments = Readonly<Record<string, unknown>>;
/** Counts what takes long: throws when all steps are used up. */
export type Step = (count?: number) => void;
export type TemplateFunction = (args: readonly unknown[], named: NamedArguments, step: Step) => unknown;
export type Filter = (value: unknown, args: readonly unknown[], named: NamedArguments, step: Step) => unknown;

export interface TemplateOptions {
  /** What messages call it. */
  readonly name: string;
  /** Whether values are escaped for HTML and XML as they are printed. Default: no. */
  readonly isEscaped?: boolean;
  /** How values are escaped as they are printed, in place of the way of HTML and XML; `isEscaped` is true then. */
  readonly escape?: (text: string) => string;
  /** Beside, or instead of, those of every template. */
  readonly functions?: Readonly<Record<string, TemplateFunction>>;
  readonly filters?: Readonly<Record<string, Filter>>;
  /** The text of a template by the name that `include` uses; without it none can be included. */
  readonly include?: (name: string) => string | undefined;
  /** How many parts of templates may be looked at in one rendering. Default 5,000,000: some seconds. */
  readonly mostSteps?: number;
  /** Of the result, and of any text on the way to it. Default 16 Mi characters. */
  readonly mostCharacters?: number;
}

export interface SafeTemplate {
  /** @throws FactoryError `bad-template` with the line */
  render(context: Readonly<Record<string, unknown>>): string;
}

const MOST_STEPS = 5_000_000;
const MOST_CHARACTERS = 16 * 1024 * 1024;

/**
 * A template in the language of nunjucks, that reaches own members of plain data, and the functions and filters that are registered,
 * and nothing else: no inherited member, no host file, no global. What is not defined is an error, loops and texts are bounded.
 *
 * @throws FactoryError `bad-template` when it cannot be read
 */
export function compileTemplate(source: string, options: TemplateOptions): SafeTemplate {
  const { name, mostSteps = MOST_STEPS, mostCharacters = MOST_CHARACTERS } = options;
  const escape = options.escape ?? (options.isEscaped === true ? escapeHtml : undefined);
  const root = parseTemplate(source, name, mostCharacters);
  const functions = new Map([...FUNCTIONS, ...Object.entries(options.functions ?? {})]);
  const filters = new Map([...createFilters(mostCharacters), ...Object.entries(options.filters ?? {})]);
  const included = new Map<string, TemplateNode | undefined>();
  const include = (wanted: string): TemplateNode | undefined => {
    if (!included.has(wanted)) {
      const text = options.include?.(wanted);
      included.set(wanted, text === undefined ? undefined : parseTemplate(text, wanted, mostCharacters));
    }
    return included.get(wanted);
  };
  return {
    render(context) {
      let steps = 0;
      const step: Step = (count = 1) => {
        steps += count;
        if (steps > mostSteps) throw new TemplateFault(`more than ${mostSteps} steps were taken`);
      };
      const bounded = (text: string): string => {
        if (text.length > mostCharacters) throw new TemplateFault(`the text is longer than ${mostCharacters} characters`);
        return text;
      };
      try {
        return evaluateTemplate(root, context, { functions, filters, escape, include, step, bounded });
      } catch (error) {
        if (!(error instanceof TemplateFault)) throw error;
        throw new FactoryError('bad-template', `Cannot render ${JSON.stringify(name)}: ${error.message}`, { name }, { cause: error });
      }
    },
  };
}

/** Whether what a file of this name holds is read by a browser, which gives characters such as `<` a meaning. */
export function isEscapedName(path: string): boolean {
  return /\.(x?html?|xml|svg|rss|atom)$/i.test(path);
}

function parseTemplate(source: string, name: string, mostCharacters: number): TemplateNode {
  const cannot = (problem: string, cause?: unknown): FactoryError =>
    new FactoryError('bad-template', `Cannot read the template ${JSON.stringify(name)}: ${problem}`, { name }, { cause });
  if (source.length > mostCharacters) throw cannot(`it has ${source.length} characters, at most ${mostCharacters} were wanted`);
  // The type definitions of nunjucks leave its parser out.
  const { parser } = nunjucks as unknown as { readonly parser: TemplateParser };
  try {
    return parser.parse(source, [], { trimBlocks: false, lstripBlocks: false });
  } catch (error) {
    if (error instanceof RangeError) throw cannot('it is nested too deeply', error);
    const message = error instanceof Error ? error.message : String(error);
    const place = error instanceof Error && 'lineno' in error && typeof error.lineno === 'number' ? `line ${error.lineno}: ` : '';
    throw cannot(`${place}${(message.split('\n').at(-1) ?? '').trim().replace(/^Template render error: /, '')}`, error);
  }
}
