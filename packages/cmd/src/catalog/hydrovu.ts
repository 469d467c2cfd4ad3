import { type ArgumentSpec, type Command, define } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';

const NAME: ArgumentSpec = { name: 'NAME', summary: 'The collector: a path, or a name in /system/run or /system/etc', of: 'pond-path' };
const EXITS = { 13: 'HydroVu does not answer' };

/** Looks at the API of HydroVu that store nothing. */
export const HYDROVU_COMMANDS: readonly Command[] = [
  define({
    name: 'hydrovu locations',
    group: 'elsewhere',
    summary: 'Show the locations of a HydroVu account',
    description: [
      'Asks with the credentials of a collector, and stores nothing. The last column says under which name it collects a location.',
    ],
    arguments: { name: NAME },
    options: {},
    formats: ROW_FORMATS,
    examples: [
      { line: 'pond hydrovu locations water', summary: 'Ids and names, for the config' },
      { line: 'pond hydrovu locations water --json', summary: 'The same for a program' },
    ],
    exitCodes: EXITS,
    load: () => import('../commands/hydrovu-locations.ts'),
  }),
  define({
    name: 'hydrovu scan',
    group: 'elsewhere',
    summary: 'Show what readings HydroVu has of the devices of a collector',
    description: ['One row for each parameter of each device, of the last week unless told. Stores nothing.'],
    arguments: { name: NAME, devices: { name: 'DEVICE', summary: 'Only these, by name or id', optional: true, rest: true } },
    options: {
      from: { long: 'from', value: 'TIME', summary: 'Readings from this time on, by the clock of the device' },
      to: { long: 'to', value: 'TIME', summary: 'Readings up to this time' },
    },
    formats: ROW_FORMATS,
    examples: [{ line: 'pond hydrovu scan water weir --from 2026-07-01', summary: 'One device since July' }],
    exitCodes: EXITS,
    load: () => import('../commands/hydrovu-scan.ts'),
  }),
];
