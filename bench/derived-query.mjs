// A whole process that reads all rows of a query in a pond with factories, or runs statements of a file in DuckDB alone.
import { readFileSync } from 'node:fs';

const [who, place, sql] = process.argv.slice(2);
if (who === 'pond') {
  const { drainPond, openDerived } = await import('./derived.mjs');
  const pond = await openDerived(place);
  await drainPond(pond, sql);
  await pond.close();
} else {
  const { connectDuckDB } = await import('./duckdb.mjs');
  const connection = await connectDuckDB();
  await connection.run(readFileSync(place, 'utf8'));
}
