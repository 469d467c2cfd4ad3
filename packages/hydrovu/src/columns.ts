import type { Names } from './answers.ts';

/** A column of readings as the series has it. */
export interface ReadingColumn {
  readonly name: string;
  /** The friendly name of the unit. */
  readonly unit: string;
}

/** Which column the readings of a parameter in a unit are in. Once they have one they keep it, whatever their friendly names become. */
export interface ColumnBook {
  /** By `columnKey`. */
  readonly columns: ReadonlyMap<string, ReadingColumn>;
  /** Gives a column to a pair of ids that has none. */
  add(parameterId: string, unitId: string, names: Names): void;
}

export const TIME_COLUMN = 'timestamp';

export function columnKey(parameterId: string, unitId: string): string {
  return JSON.stringify([parameterId, unitId]);
}

/** What is said about a column beside its unit. */
export function columnDescription(key: string): string {
  const [parameterId, unitId] = columnIds(key);
  return `HydroVu parameter ${parameterId}, unit ${unitId}`;
}

/** The ids that a key was made of. */
export function columnIds(key: string): readonly [parameterId: string, unitId: string] {
  const ids: unknown = JSON.parse(key);
  const [parameterId = '', unitId = ''] = Array.isArray(ids) ? ids.map(String) : [];
  return [parameterId, unitId];
}

/**
 * Columns are called `{scope}.{parameter}.{unit}` by their friendly names, or by their ids where they have none, as custom parameters do
 * not. SQL does not tell capital letters apart: what would be a second column of a name has the ids in its own.
 */
export function createColumnBook(scope: string, known: ReadonlyMap<string, ReadingColumn>): ColumnBook {
  const columns = new Map(known);
  const taken = new Set([TIME_COLUMN, ...[...columns.values()].map(({ name }) => name.toLowerCase())]);
  return {
    columns,
    add(parameterId, unitId, names) {
      const key = columnKey(parameterId, unitId);
      if (columns.has(key)) return;
      const parameter = names.parameters.get(parameterId)?.trim() || parameterId;
      const unit = names.units.get(unitId)?.trim() || unitId;
      const short = `${scope}.${parameter}.${unit}`;
      const name = taken.has(short.toLowerCase()) ? `${scope}.${parameter} (${parameterId}, ${unitId}).${unit}` : short;
      columns.set(key, { name, unit });
      taken.add(name.toLowerCase());
    },
  };
}
