import { parsePath } from '@duckpond/tinyfs';
import { type Document, isAlias, isMap, isNode, isScalar, type LineCounter, type Node, stringify, visit } from 'yaml';
import { z } from 'zod';
import { checkConfig, lineOf } from './config.ts';
import { badConfig } from './errors.ts';
import type { Resource } from './resource.ts';
import type { Variables } from './variables.ts';

const path = z.string().superRefine((text, context) => {
  const wrong = text.startsWith('/') ? faultOf(() => parsePath(text, { verb: 'use', shown: text }))
    : `is ${JSON.stringify(text)}, an absolute path was wanted`;
  if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
}).describe('Where it is in the pond');

const schema = z.discriminatedUnion('kind', [
  z.strictObject({
    version: z.literal('v1'), kind: z.literal('mkdir'), metadata: z.strictObject({ path }), spec: z.strictObject({}).nullish(),
  }),
  z.strictObject({
    version: z.literal('v1'), kind: z.literal('copy'), metadata: z.strictObject({ path }),
    spec: z.strictObject({ source: z.string().min(1), overwrite: z.boolean().optional() }),
  }),
  z.strictObject({
    version: z.literal('v1'), kind: z.literal('mknod'), metadata: z.strictObject({ path }),
    spec: z.strictObject({ factory: z.string().min(1), config: z.record(z.string(), z.unknown()) }),
  }),
]);

/** A document with its text, which configs are cut from. */
export interface ManifestText {
  readonly document: Document;
  readonly text: string;
  readonly lines: LineCounter;
  readonly file: string;
}

/** A document of `version: v1`. @throws FactoryError `bad-config` */
export function readManifest({ document, text, lines, file }: ManifestText, value: unknown, variables: Variables): Resource {
  const lineAt = (at: readonly PropertyKey[]): number | undefined => lineOf(document, lines, at);
  const checked = checkConfig(schema, value, file, lineAt);
  const render = (field: string, written: string): string => variables.expand(written, { file, field, line: lineAt(field.split('.')) });
  const target = render('metadata.path', checked.metadata.path);
  const resource = { origin: { file, line: lineAt([]) ?? 1 }, kind: checked.kind, path: target };
  switch (checked.kind) {
    case 'mkdir': return { ...resource, nodes: [{ kind: 'directory', path: target }] };
    case 'copy': {
      const { source, overwrite = false } = checked.spec;
      return { ...resource, nodes: [{ kind: 'copy', path: target, source: render('spec.source', source), overwrite }] };
    }
    case 'mknod': {
      const { config, line } = configText({ document, text, lines, file }, checked.spec.config);
      const computed = { factory: checked.spec.factory, config };
      return { ...resource, nodes: [{ kind: 'computed', path: target, computed, config: { line, field: 'spec.config' } }] };
    }
  }
}

/** The config as it was written, with its comments, moved to the left margin. */
function configText(
  { document, text, lines }: ManifestText, value: unknown,
): { readonly config: string; readonly line: number | undefined } {
  const spec: unknown = document.get('spec', true);
  const pair = isMap(spec) ? spec.items.find(({ key }) => isScalar(key) && key.value === 'config') : undefined;
  const [key, node] = [pair?.key, pair?.value];
  if (!isNode(key) || !isNode(node) || key.range == null || node.range == null || leansOnOthers(node)) {
    return { config: stringify(value), line: undefined };
  }
  const [start, , end] = node.range;
  // Comments before the first field are not part of it in the tree.
  const between = text.slice(key.range[1], start);
  const lead = /^\s*:[^\n]*\n/.exec(between)?.[0].length;
  const from = lead === undefined ? start : key.range[1] + lead;
  const margin = ' '.repeat(lines.linePos(start).col - 1);
  const config = `${lead === undefined ? margin : ''}${text.slice(from, end)}`.split('\n')
    .map((one) => (one.startsWith(margin) ? one.slice(margin.length) : one.trimStart())).join('\n').trimEnd();
  return { config: `${config}\n`, line: lines.linePos(from).line };
}

/** Whether a part of a document means something else when it stands alone. */
function leansOnOthers(node: Node): boolean {
  let found = false;
  visit(node, (_, inner) => {
    if (isAlias(inner)) found = true;
  });
  return found;
}

function faultOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A document that says neither what it is nor of which version. @throws FactoryError `bad-config` */
export function refuseDocument(file: string, line: number | undefined): never {
  throw badConfig(file, [{
    line, field: '', problem: 'says neither "version: v1" nor "apiVersion" and "kind", one of them was wanted in each document',
  }]);
}
