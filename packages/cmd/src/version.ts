/** The release, equal to the version in `package.json`; a test compares them. */
export const VERSION = '0.1.0';

/** Version of the shapes that `--json` prints. Fields are added under the same number; a change of meaning raises it. */
export const JSON_SHAPE = 1;
