/** A failing disk for the tests of packages that see the object store through this one only. */
export * from '@duckpond/delta/testing/faults';
