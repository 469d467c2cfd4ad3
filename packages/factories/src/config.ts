import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { badConfig, type ConfigFault } from './errors.ts';
import { faultOf } from './schema-fault.ts';
import { fieldsAt } from './schema-fields.ts';

/** Room for a config of any size that people write; more is an attack on memory. */
const MAX_LENGTH = 4 * 1024 * 1024;

/**
 * A config, checked: unknown fields and wrong values are errors that name file, line and field.
 *
 * @param file what messages call it
 * @throws FactoryError `bad-config` with every fault that was found
 */
export function parseConfig<S extends z.ZodType>(schema: S, text: string, file: string): z.infer<S> {
  if (text.length > MAX_LENGTH) {
    throw badConfig(file, [{ line: undefined, field: '', problem: `has ${text.length} characters, at most ${MAX_LENGTH} were wanted` }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw badConfig(file, document.errors.map(({ pos: [start], message }) => (
      { line: lines.linePos(start).line, field: '', problem: `is no YAML: ${message}` })));
  }
  return checkConfig(schema, plainOf(document, file), file, (path) => lineOf(document, lines, path));
}

/** The same for a value that was read already; `lineAt` says where a field stands. */
export function checkConfig<S extends z.ZodType>(
  schema: S, value: unknown, file: string, lineAt: (path: readonly PropertyKey[]) => number | undefined,
): z.infer<S> {
  const checked = schema.safeParse(value, { reportInput: true });
  if (checked.success) return checked.data;
  const faults = checked.error.issues.flatMap((issue) => faultOf(issue, (path) => fieldsAt(schema, path)));
  throw badConfig(file, faults.map(({ path, problem }): ConfigFault => ({ line: lineAt(path), field: fieldName(path), problem })));
}

function plainOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw badConfig(file, [{ line: undefined, field: '', problem: error instanceof Error ? error.message : String(error) }]);
  }
}

/** The line of a field, or of the nearest thing around it that is there. */
export function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** `inputs[0].range.begin`. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('');
}
