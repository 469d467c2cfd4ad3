import type { Computation } from '@duckpond/tinyfs';
import { stringify } from 'yaml';
import { z } from 'zod';
import { checkConfig, fieldName } from './config.ts';
import { type DocumentPlace, RUN_NAME } from './document-place.ts';
import { readDeriveQuery } from './derive-query.ts';
import { badConfig } from './errors.ts';
import type { WantedNode } from './resource.ts';

/** The nodes of a document of one kind. */
export type KindReader = (path: string, spec: unknown, place: DocumentPlace) => readonly WantedNode[] | Promise<readonly WantedNode[]>;

/** The kinds of resource documents. */
export const KINDS: ReadonlyMap<string, KindReader> = new Map<string, KindReader>([
  ['HydroVu', hydrovu], ['Inbox', inbox], ['Derive', derive], ['Combine', combine], ['Reduce', reduce], ['Template', template],
  ['Backup', backup], ['Copy', copy], ['Scribble', scribble],
]);

/** Event times of these documents are seconds since 1970, or times. */
const TIME = { time_column: 'Timestamp', time_unit: 's' };

function hydrovu(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const { key, secret, devices } = checked(place, spec, z.strictObject({
    key: z.string().min(1), secret: z.string().min(1),
    devices: z.array(z.strictObject({
      id: z.union([z.int(), z.string()]), name: z.string().min(1), scope: z.string().min(1), comment: z.string().optional(),
    })),
  }));
  const all = devices.map(({ id, name, scope, comment }, at) => ({
    id: String(id), name: place.expand(['spec', 'devices', at, 'name'], name),
    scope: place.expand(['spec', 'devices', at, 'scope'], scope), ...(comment === undefined ? {} : { comment }),
  }));
  const config = {
    client_id: place.expand(['spec', 'key'], key, true), client_secret: place.expand(['spec', 'secret'], secret, true), path, devices: all,
  };
  return [
    computed(place, `${path}/${RUN_NAME}`, 'hydrovu', config, ['spec']),
    ...all.map(({ id, name }): WantedNode => (
      { kind: 'link', path: `${path}/data/${name}-${id}`, target: `../devices/${id}/${name}.series` })),
  ];
}

function inbox(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const { pattern } = checked(place, spec, z.strictObject({ pattern: z.string().min(1) }));
  const source = place.expand(['spec', 'pattern'], pattern);
  return [computed(place, `${path}/${RUN_NAME}`, 'inbox', { source, path }, ['spec'])];
}

function derive(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const { collections } = checked(place, spec, z.strictObject({
    collections: z.array(z.strictObject({ name: z.string().min(1), pattern: z.string().min(1), query: z.string().min(1) })),
  }));
  return collections.map(({ name, pattern, query }, at) => {
    const where = ['spec', 'collections', at];
    const read = readDeriveQuery(place.expand([...where, 'query'], query), place.expand([...where, 'pattern'], pattern));
    if ('problem' in read) {
      const field = [...where, 'query'];
      throw badConfig(place.file, [{ line: place.lineAt(field), field: fieldName(field), problem: read.problem }]);
    }
    const config = { in_pattern: read.source, query: read.query, time_column: TIME.time_column };
    return computed(place, `${path}/${place.expand([...where, 'name'], name)}`, 'sql-derived-each', config, where);
  });
}

function combine(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const { scopes } = checked(place, spec, z.strictObject({
    scopes: z.array(z.strictObject({
      name: z.string().min(1), series: z.array(z.strictObject({ pattern: z.string().min(1) })).min(1),
      columns: z.array(z.string()).optional(),
    })),
  }));
  return scopes.map(({ name, series, columns }, at) => {
    const where = ['spec', 'scopes', at];
    const inputs = series.map(({ pattern }, index) => ({
      pattern: place.expand([...where, 'series', index, 'pattern'], pattern), overlap: 'cut',
      ...(columns === undefined ? {} : { columns: columns.map((column, which) => place.expand([...where, 'columns', which], column)) }),
    }));
    return computed(place, `${path}/${name}/combine`, 'timeseries-join', { ...TIME, inputs }, where);
  });
}

function reduce(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const { collections } = checked(place, spec, z.strictObject({
    collections: z.array(z.strictObject({
      name: z.string().min(1), resolutions: z.array(z.union([z.string(), z.int().min(1)])).min(1),
      datasets: z.array(z.strictObject({
        in_pattern: z.string().min(1), out_pattern: z.string().min(1), columns: z.array(z.string()).optional(),
      })).min(1),
    })),
  }));
  return collections.map(({ name, resolutions, datasets }, at) => {
    const where = ['spec', 'collections', at];
    const config = {
      ...TIME, series_suffix: '',
      resolutions: resolutions.map((text, index) => {
        const length = place.expand([...where, 'resolutions', index], String(text));
        // Digits alone are seconds.
        return /^\d+$/.test(length) ? `${length}s` : length;
      }),
      datasets: datasets.map(({ in_pattern: from, out_pattern: to, columns }, index) => {
        const own = [...where, 'datasets', index];
        return {
          in_pattern: place.expand([...own, 'in_pattern'], from), out_pattern: place.expand([...own, 'out_pattern'], to),
          // An empty list stands for all.
          ...(columns === undefined || columns.length === 0
            ? {} : { columns: columns.map((one, which) => place.expand([...own, 'columns', which], one)) }),
        };
      }),
    };
    return computed(place, `${path}/${place.expand([...where, 'name'], name)}`, 'temporal-reduce', config, where);
  });
}

async function template(path: string, spec: unknown, place: DocumentPlace): Promise<readonly WantedNode[]> {
  const { collections } = checked(place, spec, z.strictObject({
    collections: z.array(z.strictObject({
      name: z.string().min(1), in_pattern: z.string().min(1), out_pattern: z.string().min(1),
      template: z.string().optional(), template_file: z.string().optional(),
    })),
  }));
  return Promise.all(collections.map(async ({ name, in_pattern: from, out_pattern: to, template: text, template_file: file }, at) => {
    const where = ['spec', 'collections', at];
    const read = file === undefined ? undefined : await place.readText(place.expand([...where, 'template_file'], file), place.file);
    const config = {
      in_pattern: place.expand([...where, 'in_pattern'], from), out_pattern: place.expand([...where, 'out_pattern'], to),
      ...(text === undefined || read === undefined ? { template: text ?? read } : { template: text, template_file: `/${file ?? ''}` }),
    };
    return computed(place, `${path}/${place.expand([...where, 'name'], name)}`, 'template', config, where);
  }));
}

const BUCKET = { bucket: z.string().min(1), region: z.string(), key: z.string().min(1), secret: z.string().min(1), endpoint: z.string() };

function bucketConfig(spec: Readonly<Record<keyof typeof BUCKET, string>>, place: DocumentPlace): Readonly<Record<string, string>> {
  const text = (field: keyof typeof BUCKET, isSecret = false): string => place.expand(['spec', field], spec[field], isSecret);
  return {
    url: `s3://${text('bucket')}`, region: text('region'), endpoint: text('endpoint'),
    access_key_id: text('key', true), secret_access_key: text('secret', true),
  };
}

function backup(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  return [computed(place, `${path}/${RUN_NAME}`, 'backup', bucketConfig(checked(place, spec, z.strictObject(BUCKET)), place), ['spec'])];
}

function copy(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const { backup_uuid: id, ...bucket } = checked(place, spec, z.strictObject({ ...BUCKET, backup_uuid: z.string().min(1) }));
  const config = { ...bucketConfig(bucket, place), backup_id: place.expand(['spec', 'backup_uuid'], id) };
  return [computed(place, `${path}/${RUN_NAME}`, 'copy', config, ['spec'])];
}

function scribble(path: string, spec: unknown, place: DocumentPlace): readonly WantedNode[] {
  const config = checked(place, spec, z.strictObject({
    count_min: z.int().min(1), count_max: z.int().min(2), probs: z.record(z.string(), z.number().min(0)),
  }));
  return [computed(place, `${path}/tree`, 'scribble', config, ['spec'])];
}

function checked<T>(place: DocumentPlace, spec: unknown, schema: z.ZodType<T>): T {
  checkConfig(z.object({ spec: schema }), { spec }, place.file, (path) => place.lineAt(path));
  return schema.parse(spec);
}

function computed(
  place: DocumentPlace, path: string, factory: string, config: Readonly<Record<string, unknown>>, at: readonly PropertyKey[],
): WantedNode {
  const made: Computation = { factory, config: stringify(config, { lineWidth: 0 }) };
  return { kind: 'computed', path, computed: made, config: { line: undefined, at: place.lineAt(at), field: fieldName(at) } };
}
