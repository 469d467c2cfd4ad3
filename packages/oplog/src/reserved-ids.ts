/** The part of the records that belong to no directory: audit records and settings. Sorts before every node id. */
export const SYSTEM_PART = '00000000-0000-7000-8000-000000000000';

/** The node whose attributes are the settings of the pond, in `SYSTEM_PART`. */
export const SETTINGS_ID = '00000000-0000-7000-8000-000000000002';
