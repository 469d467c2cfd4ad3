import type { Client, Span } from './client.ts';
import { columnKey, createColumnBook } from './columns.ts';
import type { DeviceConfig } from './config.ts';
import type { Metadata } from './metadata.ts';

/** What the API has of one parameter of a device in a span. Times are unix seconds by the clock of the device. */
export interface ScannedParameter {
  readonly device: string;
  readonly name: string;
  readonly column: string;
  readonly parameterId: string;
  readonly unitId: string;
  readonly readings: number;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly least: number;
  readonly most: number;
}

/** Looks at the readings of a device and stores nothing. */
export async function scanDevice(
  client: Client, metadata: Metadata, device: DeviceConfig, span: Required<Span>, signal: AbortSignal | undefined,
): Promise<readonly ScannedParameter[]> {
  const found = new Map<string, ScannedParameter>();
  const book = createColumnBook(device.scope, new Map());
  for await (const { parameters } of client.readings(device.id, span, signal)) {
    await metadata.learn(parameters, signal);
    for (const { parameterId, unitId, readings } of parameters) {
      const key = columnKey(parameterId, unitId);
      book.add(parameterId, unitId, metadata.names);
      for (const { timestamp, value } of readings) {
        if (timestamp < span.startSeconds || timestamp > span.endSeconds) continue;
        const known = found.get(key);
        found.set(key, {
          device: device.id, name: device.name, column: book.columns.get(key)?.name ?? key, parameterId, unitId,
          readings: (known?.readings ?? 0) + 1,
          firstSeconds: Math.min(timestamp, known?.firstSeconds ?? timestamp),
          lastSeconds: Math.max(timestamp, known?.lastSeconds ?? timestamp),
          least: Math.min(value, known?.least ?? value), most: Math.max(value, known?.most ?? value),
        });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.column < b.column ? -1 : 1));
}
