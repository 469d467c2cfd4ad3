import { nameFault } from '@duckpond/tinyfs';
import type { Document, LineCounter } from 'yaml';
import { z } from 'zod';
import { checkConfig, fieldName, lineOf } from './config.ts';
import { type DocumentPlace, type ReadText, RUN_NAME } from './document-place.ts';
import { isReference } from './environment-reference.ts';
import { badConfig } from './errors.ts';
import type { Resource, WantedNode } from './resource.ts';
import { KINDS } from './resource-kinds.ts';
import type { Variables } from './variables.ts';

export interface ResourceText {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
}

const envelope = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string().min(1),
  desc: z.string(),
  metadata: z.record(z.string(), z.string()).nullish(),
  spec: z.unknown(),
});

/**
 * A document of `apiVersion`, `kind`, `name`, `desc`, `metadata` and `spec`: nodes below `/Kind/name`, and where it can be run, a link
 * to it in `/system/run`. docs/decisions/0019-resource-documents.md has every field.
 *
 * @throws FactoryError `bad-config`
 */
export async function readResource(
  { document, lines, file }: ResourceText, value: unknown, variables: Variables, readText: ReadText,
): Promise<Resource> {
  const lineAt = (path: readonly PropertyKey[]): number | undefined => lineOf(document, lines, path);
  const checked = checkConfig(envelope, value, file, lineAt);
  const reader = KINDS.get(checked.kind);
  if (reader === undefined) {
    const known = [...KINDS.keys()].map((kind) => JSON.stringify(kind)).join(', ');
    const problem = `is ${JSON.stringify(checked.kind)}, one of ${known} was wanted`;
    throw badConfig(file, [{ line: lineAt(['kind']), field: 'kind', problem }]);
  }
  const place: DocumentPlace = {
    file, lineAt, readText,
    expand: (path, text, isSecret = false) => {
      const at = { file, field: fieldName(path), line: lineAt(path) };
      const expanded = variables.expand(text, { ...at, isSecret });
      if (!isSecret || isReference(expanded)) return expanded;
      throw badConfig(file, [{ ...at, problem: 'is a secret in plain text, a reference such as "${env:NAME}" was wanted' }]);
    },
  };
  const name = place.expand(['name'], checked.name);
  place.expand(['apiVersion'], checked.apiVersion);
  place.expand(['desc'], checked.desc);
  const fault = nameFault(name);
  if (fault !== undefined) {
    throw badConfig(file, [{ line: lineAt(['name']), field: 'name', problem: `is ${JSON.stringify(name)}: ${fault}` }]);
  }
  const path = `/${checked.kind}/${name}`;
  const nodes: readonly WantedNode[] = await reader(path, checked.spec, place);
  const runs = nodes.find((node) => node.path === `${path}/${RUN_NAME}`);
  const link: readonly WantedNode[] = runs === undefined ? [] : [{ kind: 'link', path: `/system/run/${name}`, target: runs.path }];
  return { origin: { file, line: lineAt([]) ?? 1 }, kind: checked.kind, path, nodes: [...nodes, ...link] };
}
