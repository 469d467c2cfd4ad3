import type { WidenType } from '@duckpond/oplog';

/** The type that holds the values of two of DuckDB's; the package that knows is loaded when an append brings another type. */
export const widenType: WidenType = async (have, brought) => {
  const { evolve } = await import('@duckpond/query');
  const merged = evolve([{ name: 'column', type: have, nulls: 0 }], [{ name: 'column', type: brought, nulls: 0 }]);
  return merged.kind === 'merged' ? merged.columns[0]?.type : undefined;
};
