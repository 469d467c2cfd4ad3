import { isMap, LineCounter, parseAllDocuments } from 'yaml';
import type { ReadText } from './document-place.ts';
import { badConfig } from './errors.ts';
import { readManifest, refuseDocument } from './manifest.ts';
import type { Resource } from './resource.ts';
import type { Variables } from './variables.ts';

/** Room for manifests of any size that people write; more is an attack on memory. */
const MAX_LENGTH = 16 * 1024 * 1024;

/**
 * What the documents of a file ask for, in their order. Nothing is looked up in a pond.
 *
 * @param file what messages call it
 * @throws FactoryError `bad-config`
 */
export async function readDocuments(
  text: string, file: string, variables: Variables, readText: ReadText,
): Promise<readonly Resource[]> {
  if (text.length > MAX_LENGTH) {
    throw badConfig(file, [{ line: undefined, field: '', problem: `has ${text.length} characters, at most ${MAX_LENGTH} were wanted` }]);
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const all = Array.isArray(documents) ? documents : [];
  const faults = all.flatMap(({ errors }) => errors.map(({ pos: [start], message }) => (
    { line: lines.linePos(start).line, field: '', problem: `is no YAML: ${message}` })));
  if (faults.length > 0) throw badConfig(file, faults);
  const resources: Resource[] = [];
  for (const document of all) {
    // A separator at the end begins an empty document.
    if (document.contents === null) continue;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const isMapping = isMap(document.contents);
    if (isMapping && document.has('version')) resources.push(readManifest({ document, text, lines, file }, value, variables));
    else if (isMapping && document.has('apiVersion')) {
      const { readResource } = await import('./resource-document.ts');
      resources.push(await readResource({ document, lines, file }, value, variables, readText));
    } else refuseDocument(file, lines.linePos(document.contents.range?.[0] ?? 0).line);
  }
  return resources;
}
