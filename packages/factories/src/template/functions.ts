import { argument, group } from './filters.ts';
import type { TemplateFunction } from './safe-template.ts';
import { itemsOf, numberOf, TemplateFault } from './values.ts';

/** The functions of every template. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  /** `group(by="name", in=schema.fields)`: a mapping from what `by` names to the items that have it. */
  ['group', (args, named) => group(itemsOf(argument(args, named, 1, 'in')), argument(args, named, 0, 'by'))],
  /** `range(stop)`, `range(start, stop, step)`, `range(start=…, end=…, step_by=…)`. */
  ['range', (args, named, step) => {
    const [start, end] = args.length > 1 ? args : [0, args[0]];
    const from = numberOf(argument([start], named, 0, 'start'));
    const to = numberOf(argument([end], named, 0, 'end'));
    const by = numberOf(argument(args.slice(2), named, 0, 'step_by', 1));
    if (by === 0 || ![from, to, by].every(Number.isFinite)) {
      throw new TemplateFault('a range wants a beginning, an end and a step that is not 0');
    }
    const length = Math.max(0, Math.ceil((to - from) / by));
    step(length);
    return Array.from({ length }, (_, at) => from + at * by);
  }],
  ['throw', (args, named) => {
    throw new TemplateFault(String(argument(args, named, 0, 'message')));
  }],
]);
