import type { Cell } from './rows-spool.ts';

export type OtelType = 'BIGINT' | 'DOUBLE' | 'BIGINT[]' | 'DOUBLE[]';

export interface OtelValue {
  readonly column: string;
  readonly type: OtelType;
  readonly value: Cell;
}

/** All that one data point says. */
export interface OtelPoint {
  readonly nanos: bigint;
  readonly values: readonly OtelValue[];
}

type Json = Readonly<Record<string, unknown>>;
type Attributes = 'point' | 'all' | 'none';

/**
 * The data points of an ExportMetricsServiceRequest, or of a ResourceMetrics by itself, as JSON has them (opentelemetry-proto, metrics.proto). Other signals
 * (`resourceLogs`, `resourceSpans`) have none. Throws RangeError for what is neither.
 */
export function* otelPoints(document: unknown, attributes: Attributes): Generator<OtelPoint> {
  const root = objectOf(document, 'an object');
  const resources = 'resourceMetrics' in root ? itemsOf(root, 'resourceMetrics') : 'scopeMetrics' in root ? [root] : undefined;
  if (resources === undefined) {
    if ('resourceLogs' in root || 'resourceSpans' in root) return;
    throw new RangeError('"resourceMetrics" is missing');
  }
  for (const resourceMetrics of resources) {
    const resource = attributes === 'all' ? pairsOf(objectOr(resourceMetrics['resource']), 'resource.') : [];
    for (const scope of [...itemsOf(resourceMetrics, 'scopeMetrics'), ...itemsOf(resourceMetrics, 'instrumentationLibraryMetrics')]) {
      for (const metric of itemsOf(scope, 'metrics')) yield* metricPoints(metric, resource, attributes);
    }
  }
}

function* metricPoints(metric: Json, resource: readonly string[], attributes: Attributes): Generator<OtelPoint> {
  const name = metric['name'];
  if (typeof name !== 'string' || name === '') throw new RangeError('a metric has no name');
  for (const [kind, valuesOf] of Object.entries(KINDS)) {
    if (!(kind in metric)) continue;
    for (const point of itemsOf(objectOf(metric[kind], `the ${kind} of "${name}"`), 'dataPoints')) {
      const labels = attributes === 'none' ? [] : [...resource, ...pairsOf(point, '')];
      const column = labels.length === 0 ? name : `${name}{${labels.join(',')}}`;
      const nanos = wholeOf(point['timeUnixNano'], 'timeUnixNano') ?? 0n;
      yield { nanos, values: valuesOf(point, column).filter(({ value }) => value !== undefined) };
    }
  }
}

const KINDS: Readonly<Record<string, (point: Json, column: string) => readonly OtelValue[]>> = {
  gauge: numberValues,
  sum: numberValues,
  histogram: (point, column) => [
    ...countAndSum(point, column), ...extremes(point, column),
    { column: `${column}.bucket_counts`, type: 'BIGINT[]', value: wholesOf(point['bucketCounts'], 'bucketCounts') },
    { column: `${column}.explicit_bounds`, type: 'DOUBLE[]', value: numbersOf(point['explicitBounds'], 'explicitBounds') },
  ],
  exponentialHistogram: (point, column) => [
    ...countAndSum(point, column), ...extremes(point, column),
    { column: `${column}.scale`, type: 'BIGINT', value: wholeOf(point['scale'], 'scale') },
    { column: `${column}.zero_count`, type: 'BIGINT', value: wholeOf(point['zeroCount'], 'zeroCount') },
    ...(['positive', 'negative'] as const).flatMap((side): OtelValue[] => {
      const buckets = objectOr(point[side]);
      return [
        { column: `${column}.${side}_offset`, type: 'BIGINT', value: wholeOf(buckets['offset'], 'offset') },
        { column: `${column}.${side}_counts`, type: 'BIGINT[]', value: wholesOf(buckets['bucketCounts'], 'bucketCounts') },
      ];
    }),
  ],
  summary: (point, column) => [
    ...countAndSum(point, column),
    ...itemsOf(point, 'quantileValues').map(({ quantile, value }): OtelValue => ({
      column: `${column}.quantile_${numberOf(quantile, 'quantile') ?? 0}`, type: 'DOUBLE', value: numberOf(value, 'value'),
    })),
  ],
};

function numberValues(point: Json, column: string): readonly OtelValue[] {
  if (point['asInt'] !== undefined) return [{ column, type: 'BIGINT', value: wholeOf(point['asInt'], 'asInt') }];
  return [{ column, type: 'DOUBLE', value: numberOf(point['asDouble'], 'asDouble') }];
}

function countAndSum(point: Json, column: string): readonly OtelValue[] {
  return [
    { column: `${column}.count`, type: 'BIGINT', value: wholeOf(point['count'], 'count') },
    { column: `${column}.sum`, type: 'DOUBLE', value: numberOf(point['sum'], 'sum') },
  ];
}

function extremes(point: Json, column: string): readonly OtelValue[] {
  return (['min', 'max'] as const).map((name): OtelValue => (
    { column: `${column}.${name}`, type: 'DOUBLE', value: numberOf(point[name], name) }
  ));
}

/** `key=value`, sorted by key. */
function pairsOf(holder: Json, prefix: string): readonly string[] {
  return itemsOf(holder, 'attributes')
    .map((attribute) => [String(attribute['key']), anyText(attribute['value'])] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${prefix}${key}=${value}`);
}

/** The text of an AnyValue. */
function anyText(value: unknown): string {
  const { arrayValue, kvlistValue, ...simple } = objectOr(value);
  if (arrayValue !== undefined || kvlistValue !== undefined) return JSON.stringify(arrayValue ?? kvlistValue);
  const [first] = Object.values(simple);
  return first === undefined ? '' : String(first);
}

function wholeOf(value: unknown, name: string): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  if ((typeof value === 'string' && /^-?\d+$/.test(value)) || (typeof value === 'number' && Number.isInteger(value))) return BigInt(value);
  throw new RangeError(`"${name}" is ${JSON.stringify(value)}, a whole number was wanted`);
}

function numberOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^(NaN|-?Infinity|-?\d.*)$/.test(value)) return Number(value);
  throw new RangeError(`"${name}" is ${JSON.stringify(value)}, a number was wanted`);
}

function wholesOf(value: unknown, name: string): readonly Cell[] | undefined {
  return Array.isArray(value) ? value.map((item: unknown) => wholeOf(item, name)) : undefined;
}

function numbersOf(value: unknown, name: string): readonly Cell[] | undefined {
  return Array.isArray(value) ? value.map((item: unknown) => numberOf(item, name)) : undefined;
}

function itemsOf(holder: Json, name: string): readonly Json[] {
  const items = holder[name];
  if (items === undefined || items === null) return [];
  if (!Array.isArray(items)) throw new RangeError(`"${name}" is not an array`);
  return items.map((item: unknown) => objectOf(item, `an item of "${name}"`));
}

function objectOf(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new RangeError(`${name} was wanted, it is ${JSON.stringify(value)?.slice(0, 40) ?? 'nothing'}`);
}

function objectOr(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Json : {};
}
