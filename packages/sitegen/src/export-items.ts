import { hasGlobSyntax, isFile, type NodePath, type WD } from '@duckpond/tinyfs';
import { SiteError } from './errors.ts';

/** What a page or a chart is about: a site, a station. */
export interface ExportItem {
  readonly exportName: string;
  /** What the wildcards of the pattern matched. */
  readonly captures: readonly string[];
  /** The captures, or the last name of the path when there are none. */
  readonly name: string;
  /** Below `data/`, unique in the site. */
  readonly directory: string;
  readonly path: string;
  /** From the finest to the coarsest. */
  readonly sources: readonly ItemSource[];
}

/** Rows of one resolution. */
export interface ItemSource {
  readonly path: string;
  /** `1h`; empty for rows that are no rollup. */
  readonly label: string;
  /** Undefined for rows that are no rollup: it is measured. */
  readonly stepMillis: number | undefined;
  /** Whether the rows are steps of time that are made by `temporal-reduce`. */
  readonly isRollup: boolean;
}

/** The items that the pattern of an export matches, in the order of their paths. */
export async function exportItems(
  root: WD, { name, pattern }: { readonly name: string; readonly pattern: string },
): Promise<readonly ExportItem[]> {
  const items: ExportItem[] = [];
  const add = async ({ path, node }: NodePath, captures: readonly string[]): Promise<void> => {
    const sources = node.kind === 'directory' ? await resolutionsOf(root, path)
      : isFile(node) ? [{ path, label: '', stepMillis: undefined, isRollup: false }] : [];
    if (sources.length === 0) return;
    const shown = captures.filter((capture) => capture !== '');
    const last = path.split('/').at(-1) ?? '';
    const item = shown.length === 0 ? last.replace(/\.[^.]+$/, '') : shown.join(' ');
    items.push({ exportName: name, captures, name: item, directory: [name, ...shown].map(safeName).join('/'), path, sources });
  };
  if (hasGlobSyntax(pattern)) {
    for await (const match of root.glob(pattern)) {
      const found = match.node.kind === 'symlink' ? await root.get(match.path) : match;
      await add({ path: match.path, node: found.node }, match.captures);
    }
  } else {
    await add(await root.get(pattern), []);
  }
  if (items.length === 0) {
    throw new SiteError(
      'missing', `Cannot export ${JSON.stringify(pattern)}: nothing there has rows, a series or a directory of temporal-reduce was wanted`,
      { pattern, export: name },
    );
  }
  return items;
}

async function resolutionsOf(root: WD, directory: string): Promise<readonly ItemSource[]> {
  const found: (ItemSource & { readonly stepMillis: number })[] = [];
  for await (const { path, node } of root.list(directory)) {
    const [, label] = /\/res=([^/]+)\.series$/.exec(path) ?? [];
    const stepMillis = label === undefined ? undefined : stepOf(label);
    if (label !== undefined && stepMillis !== undefined && isFile(node)) {
      found.push({ path, label, stepMillis, isRollup: node.computed?.factory === 'temporal-reduce-series' });
    }
  }
  return found.sort((a, b) => a.stepMillis - b.stepMillis);
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, mo: 28 * 86_400_000,
  month: 28 * 86_400_000, q: 90 * 86_400_000, quarter: 90 * 86_400_000, y: 365 * 86_400_000, year: 365 * 86_400_000,
};

/** The shortest length of a step that is called so: `10m`, `1h`, `1 month`. */
export function stepOf(label: string): number | undefined {
  const [, count = '1', unit = ''] = /^(\d+)?\s*([a-z]+?)s?$/i.exec(label.length > 1 ? label : `1${label}`) ?? [];
  const millis = UNITS[unit] ?? UNITS[unit.toLowerCase()];
  return millis === undefined ? undefined : Number(count) * millis;
}

/** A capture as a name in an address: nothing that has a meaning there. */
export function safeName(text: string): string {
  const safe = text.normalize('NFC').replace(/[^\p{L}\p{N}._=-]+/gu, '-').replace(/^[.-]+|-+$/g, '');
  return safe === '' ? '_' : safe;
}
