/** What the API calls a parameter or a unit, by id. Ids are texts, and not all of them are digits. */
export const PARAMETER_NAMES: Readonly<Record<string, string>> = {
  1: 'Temperature', 2: 'Pressure', 3: 'Depth', 4: 'Depth to Water', 5: 'Level: Elevation', 9: 'Actual Conductivity', 12: 'Salinity',
  20: 'DO', 33: 'Battery Level', density: 'Density',
};

export const UNIT_NAMES: Readonly<Record<string, string>> = {
  1: 'C', 2: 'F', 17: 'psi', 18: 'kPa', 35: 'm', 38: 'ft', 65: 'µS/cm', 97: 'PSU', 117: 'mg/L', 241: '%', gcc: 'g/cm3',
};

/** One measurement of a device. The value in the later unit is the earlier one times `scale`. */
export interface Slot {
  readonly parameterId: string;
  readonly unitId: string;
  readonly laterUnitId: string;
  readonly scale: number;
  readonly custom: boolean;
}

const slot = (parameterId: string, unitId: string, laterUnitId: string = unitId, scale: number = 1, custom: boolean = false): Slot =>
  ({ parameterId, unitId, laterUnitId, scale, custom });

/** In the order in which devices get them. The custom one has no friendly name. */
export const SLOTS: readonly Slot[] = [
  slot('1', '1'), slot('2', '17', '18', 6.894757), slot('4', '35'), slot('33', '241'), slot('9', '65'), slot('3', '35', '38', 3.28084),
  slot('custom-7', '35', '35', 1, true), slot('12', '97'), slot('20', '117'), slot('density', 'gcc'), slot('5', '35'),
];
