import { PondError } from './errors.ts';

/** One file of an export. */
export interface ExportedFile {
  /** Below the directory of the export, components separated by `/`. */
  readonly path: string;
  /** Where its rows are in the pond, and which node and version that was. */
  readonly source: string;
  readonly node: string;
  readonly version: number;
  readonly sizeBytes: number;
  /** Lower-case hex SHA-256 of the file. */
  readonly sha256: string;
  /** Undefined for the bytes of a data file. */
  readonly rows?: number;
  /** Bounds of its event times, microseconds since 1970 UTC. */
  readonly timeMinMicros?: bigint;
  readonly timeMaxMicros?: bigint;
}

/** What an export has put into a directory: what is not in here is not its own. */
export interface ExportManifest {
  readonly pond: string;
  readonly transaction: number;
  /** How files were made; with another one none is as it would be. */
  readonly recipe: string;
  readonly files: readonly ExportedFile[];
}

/** The name of the manifest in the directory of an export. */
export const MANIFEST_NAME = 'manifest.json';
const FORMAT = 'duckpond-export';

export function encodeManifest({ pond, transaction, recipe, files }: ExportManifest): string {
  const rows = files.map(({ sizeBytes, timeMinMicros, timeMaxMicros, ...file }) => ({
    ...file, size: sizeBytes,
    ...(timeMinMicros === undefined ? {} : { time_min: timeText(timeMinMicros) }),
    ...(timeMaxMicros === undefined ? {} : { time_max: timeText(timeMaxMicros) }),
  }));
  return `${JSON.stringify({ format: FORMAT, format_version: 1, pond, transaction, recipe, files: rows }, undefined, 1)}\n`;
}

/** @throws PondError `bad-manifest` for a file that is no manifest of an export */
export function decodeManifest(text: string, path: string): ExportManifest {
  const broken = (): PondError => new PondError(
    'bad-manifest', `Cannot export: "${path}" is no manifest of an export, a directory with one or without that file was wanted`, { path },
  );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw broken();
    throw error;
  }
  if (!isRecord(value) || value['format'] !== FORMAT || !Array.isArray(value['files'])) throw broken();
  const { pond, transaction, recipe } = value;
  const files = value['files'].map(fileOf);
  if (typeof pond !== 'string' || typeof transaction !== 'number' || typeof recipe !== 'string') throw broken();
  return { pond, transaction, recipe, files: files.map((file) => file ?? fail(broken)) };
}

function fail(broken: () => PondError): never {
  throw broken();
}

function fileOf(value: unknown): ExportedFile | undefined {
  if (!isRecord(value)) return undefined;
  const { path, source, node, version, size, sha256, rows, time_min: timeMin, time_max: timeMax } = value;
  if (typeof path !== 'string' || typeof source !== 'string' || typeof node !== 'string' || typeof version !== 'number') return undefined;
  // It names files that may be removed: none outside.
  if (path.startsWith('/') || path.split(/[/\\]/).includes('..')) return undefined;
  if (typeof size !== 'number' || typeof sha256 !== 'string') return undefined;
  return {
    path, source, node, version, sizeBytes: size, sha256,
    ...(typeof rows === 'number' ? { rows } : {}),
    ...(typeof timeMin === 'string' ? { timeMinMicros: microsOf(timeMin) } : {}),
    ...(typeof timeMax === 'string' ? { timeMaxMicros: microsOf(timeMax) } : {}),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function timeText(micros: bigint): string {
  const millis = (micros - ((micros % 1000n) + 1000n) % 1000n) / 1000n;
  const rest = micros - millis * 1000n;
  return new Date(Number(millis)).toISOString().replace('Z', `${rest.toString().padStart(3, '0')}Z`);
}

function microsOf(text: string): bigint {
  const millis = Date.parse(text.replace(/(\.\d{3})\d*Z$/, '$1Z'));
  return Number.isNaN(millis) ? 0n : BigInt(millis) * 1000n + BigInt(/\.\d{3}(\d{3})Z$/.exec(text)?.[1] ?? 0);
}
