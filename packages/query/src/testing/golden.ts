// Tests of packages that see Delta tables through this one only.
export { HAS_GOLDEN, readGoldenArchive } from '@duckpond/delta/testing/golden';
