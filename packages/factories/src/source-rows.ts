import { type ComputedRows, type FactoryContext, PondError, type RowBounds } from '@duckpond/pond';

/** The rows of a source; undefined for a pattern without a match, and for a file that has no rows yet. */
export async function rowsOrNone(
  { rows }: Pick<FactoryContext, 'rows'>, target: string, bounds?: RowBounds,
): Promise<ComputedRows | undefined> {
  try {
    return await rows(target, bounds);
  } catch (error) {
    if (error instanceof PondError && (error.code === 'no-match' || error.data['isEmpty'] === true)) return undefined;
    throw error;
  }
}
