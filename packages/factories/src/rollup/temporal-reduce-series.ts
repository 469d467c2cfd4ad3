import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ComputedRows, type Origin, selectOf } from '@duckpond/pond';
import { type DefinedFactory, defineFactory, type RowsContext } from '../define.ts';
import { durationOf } from '../duration.ts';
import { rulesOf, transformInputs } from '../transform.ts';
import { bucketsOf, nests } from './buckets.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { type RollupConfig, rollupSchema } from './reduce-config.ts';
import { changedRanges, isOlder, sourcesOf } from './rollup-changes.ts';
import { inputColumns, rollupColumns } from './rollup-source.ts';
import { directSql, fileTables, type Level, outputSql, type RollupPlan, segmentsSql } from './rollup-sql.ts';
import { type Extent, rowTables, update, zoneRange } from './rollup-update.ts';
import { EVERYTHING } from './segments.ts';
import { openZone } from './zone.ts';

/** Changes whenever partials are made otherwise: what older versions of this program left is not used. */
const FORMAT = 1;
const STALE_MILLIS = 10 * 60_000;

/** One resolution of a rollup. What was computed before is kept in the cache, and only what changed is computed. */
export const TEMPORAL_REDUCE_SERIES: DefinedFactory = defineFactory(
  { name: 'temporal-reduce-series', summary: 'One resolution of a temporal-reduce node', schema: rollupSchema, example: '' },
  {
    makes: 'series',
    inputs: ({ inputs }) => inputs.flatMap(({ target, transforms }) => [target, ...transformInputs(transforms)]),
    rows: rollupRows,
    // Of rows that were in buckets before, nobody knows which steps they were.
    dependence: async (context) => {
      const { dependence } = (await planOf(context)).origin;
      return dependence === 'same-time' ? 'same-bucket' : dependence === 'same-bucket' ? 'any' : dependence;
    },
  },
);

async function rollupRows(context: RowsContext<RollupConfig>): Promise<ComputedRows> {
  const { config } = context;
  const { plan, origin } = await planOf(context);
  const { timeName } = plan.columns;
  if (plan.inputs.length === 0) {
    return { relation: { parts: [], columns: [{ name: timeName, type: 'TIMESTAMP WITH TIME ZONE' }] }, timeColumn: timeName };
  }
  const at = plan.levels.findIndex(({ text }) => text === config.resolution);
  const directory = join(dirname(context.cacheDirectory), config.cache, await keyOf(context, plan, origin));
  const manifest = origin.dependence === 'unknown' ? undefined : await inTurn(directory, () => broughtUp(context, plan, origin, directory));
  if (manifest === undefined) {
    const tables = await rowTables(context, plan, [EVERYTHING]);
    const range = await zoneRange(context, plan, tables, [EVERYTHING]);
    const sql = `${outputSql(plan, `(${directSql(plan, at, range)})`)} ORDER BY b`;
    return { relation: { parts: [selectOf(sql, tables)] }, timeColumn: timeName };
  }
  const segments = manifest.levels[at] ?? [];
  const files = fileTables(segments, (file) => join(directory, file));
  const source = segmentsSql(plan, at, segments, files) ?? '';
  return { relation: { parts: [selectOf(outputSql(plan, source), files.tables)] }, timeColumn: timeName };
}

interface NamedLevel extends Level {
  readonly text: string;
}

interface Plan extends RollupPlan {
  readonly levels: readonly NamedLevel[];
}

async function planOf(context: RowsContext<RollupConfig>): Promise<{ readonly plan: Plan; readonly origin: Origin }> {
  const { config } = context;
  const origins = await Promise.all(config.inputs.map(({ target }) => context.origin(target)));
  const inputs = (await Promise.all(config.inputs.map((input, at) =>
    inputColumns(context, config, input, origins[at] ?? { files: [], computations: [], dependence: 'unknown' }))))
    .filter((input) => input !== undefined);
  const plan = { config, inputs, columns: rollupColumns(config, inputs), levels: levelsOf(config) };
  const dependences = [...origins.map(({ dependence }) => dependence), ...inputs.map((input): Origin['dependence'] => (
    // Another time column than the one by which changes are found.
    input.isTimed || isDirect(input.input.target, origins) ? 'same-time' : 'any'))];
  const worst = (['unknown', 'any', 'same-bucket'] as const).find((one) => dependences.includes(one)) ?? 'same-time';
  return {
    plan,
    origin: {
      files: [...new Map(origins.flatMap(({ files }) => files).map((file) => [file.path, file])).values()],
      computations: origins.flatMap(({ computations }) => computations),
      dependence: worst,
    },
  };
}

/** Whether an input is a stored file itself. */
function isDirect(target: string, origins: readonly Origin[]): boolean {
  return origins.some(({ files, computations }) => computations.length === 0 && files.length === 1 && files[0]?.path === target);
}

/** The resolutions from fine to coarse, each made of the coarsest finer one that it can be made of. */
function levelsOf(config: RollupConfig): readonly NamedLevel[] {
  const zone = openZone(config.time_zone);
  const approximate = (text: string): number => {
    const length = durationOf(text);
    return length.kind === 'fixed' ? Number(length.micros) : length.months * 2_629_746_000_000;
  };
  const texts = [...config.resolutions].sort((a, b) => approximate(a) - approximate(b));
  const hasPercentiles = config.aggregations.some(({ type }) => type === 'percentile');
  const durations = texts.map(durationOf);
  return durations.map((duration, at) => {
    const parent = hasPercentiles ? -1 : durations.slice(0, at).findLastIndex((finer) => nests(finer, duration));
    return { text: texts[at] ?? '', buckets: bucketsOf(duration, zone), parent: parent < 0 ? undefined : parent };
  });
}

/** What partials follow from besides the versions of the sources: another key is another directory. */
async function keyOf(context: RowsContext<RollupConfig>, plan: Plan, origin: Origin): Promise<string> {
  const { resolution: _one, cache: _directory, ...config } = plan.config;
  const rules = await Promise.all(plan.config.inputs.map(({ transforms }) => rulesOf(context, transforms)));
  const inputs = plan.inputs.map(({ input, columns, time }) => [input.target, columns, time]);
  const all = JSON.stringify([FORMAT, config, rules, inputs, [...origin.computations].sort()]);
  return createHash('sha256').update(all).digest('hex').slice(0, 32);
}

/** The partials of this state of the sources; undefined when newer ones stand there, or none can be kept. */
async function broughtUp(
  context: RowsContext<RollupConfig>, plan: Plan, origin: Origin, directory: string,
): Promise<Manifest | undefined> {
  const before = await readManifest(directory);
  const sources = sourcesOf(origin);
  if (before !== undefined && isOlder(sources, before.sources)) return undefined;
  const changed = before === undefined ? [EVERYTHING] : await changedRanges(context, plan, origin, before.sources);
  if (before !== undefined && JSON.stringify(before.sources) === JSON.stringify(sources)) return before;
  const manifest = await update({ pond: context, plan, directory }, before, sources, changed, extentOf(origin));
  if (before === undefined) await removeStale(dirname(directory), directory, Number(context.environment.nowMicros() / 1000n));
  return manifest;
}

function extentOf({ files }: Origin): Extent | undefined {
  let extent: Extent | undefined;
  for (const { node: { tabular } } of files) {
    if (tabular?.timeMinMicros === undefined || tabular.timeMaxMicros === undefined) continue;
    const [from, to] = [tabular.timeMinMicros, tabular.timeMaxMicros + 1n];
    extent = {
      from: extent === undefined || from < extent.from ? from : extent.from,
      to: extent === undefined || to > extent.to ? to : extent.to,
      rows: (extent?.rows ?? 0) + tabular.rowCount,
    };
  }
  return extent;
}

/** Removes what other configs and schemas left. */
async function removeStale(parent: string, own: string, nowMillis: number): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (path === own) continue;
    const found = await stat(join(path, 'manifest.json')).catch(() => stat(path)).catch(() => undefined);
    if (found !== undefined && nowMillis - found.mtimeMs > STALE_MILLIS) await rm(path, { recursive: true, force: true });
  }
}

const turns = new Map<string, Promise<unknown>>();

/** One after another for a directory: two resolutions in one query need one update. */
async function inTurn<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const turn = (turns.get(directory) ?? Promise.resolve()).then(action, action);
  turns.set(directory, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(directory) === turn) turns.delete(directory);
  }
}
