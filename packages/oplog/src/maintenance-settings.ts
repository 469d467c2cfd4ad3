import { logRetentionMillis } from '@duckpond/delta';
import type { Head } from './head.ts';
import { SETTINGS_ID, SYSTEM_PART } from './reserved-ids.ts';

/** The keys of the settings that maintenance looks at. */
export const MAINTENANCE_SETTINGS = { automatic: 'maintain.auto', logRetention: 'maintain.log_retention' } as const;

export interface MaintenanceSettings {
  /** Whether commits also maintain. */
  readonly isAutomatic: boolean;
  /** How long the files of the log are kept. */
  readonly logRetentionMillis: number;
}

const UNIT_MILLIS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** What the pond's settings say; what they do not say, or not in words that this version knows, is as without them. */
export async function maintenanceSettings({ view, snapshot }: Pick<Head, 'view' | 'snapshot'>): Promise<MaintenanceSettings> {
  const stored = await view.node(SYSTEM_PART, SETTINGS_ID);
  const settings: unknown = stored?.attributes == null ? {} : JSON.parse(stored.attributes);
  const values = new Map<string, unknown>(typeof settings === 'object' && settings !== null ? Object.entries(settings) : []);
  return {
    isAutomatic: values.get(MAINTENANCE_SETTINGS.automatic) !== 'off',
    logRetentionMillis: durationMillis(values.get(MAINTENANCE_SETTINGS.logRetention)) ?? logRetentionMillis(snapshot.metadata),
  };
}

function durationMillis(value: unknown): number | undefined {
  const [, count, unit] = typeof value === 'string' ? /^([1-9]\d{0,4})([hdw])$/.exec(value) ?? [] : [];
  const millis = unit === undefined ? undefined : UNIT_MILLIS[unit];
  return millis === undefined ? undefined : Number(count) * millis;
}
