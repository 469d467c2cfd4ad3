import type { Explanation } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { emitLines } from '../output/emit.ts';

/** Prints what a query reads, the plan first. */
export async function writeExplanation(context: Context, explanation: Explanation, json: boolean): Promise<void> {
  if (json) {
    await context.out.write(`${JSON.stringify(explanation)}\n`);
    return;
  }
  const { plan, files, rowsScanned, elapsedMillis } = explanation;
  await emitLines(context, [
    ...plan.trimEnd().split('\n'),
    `Files read:   ${files.read} of ${files.total}`,
    ...explanation.scans.flatMap(({ name, filters, rows }) => (
      [`Scan:         ${name}${filters === undefined ? '' : `, filter ${filters}`}${rows === undefined ? '' : `, ${rows} rows`}`])),
    ...(rowsScanned === undefined ? [] : [`Rows scanned: ${rowsScanned}`]),
    ...(elapsedMillis === undefined ? [] : [`Time:         ${elapsedMillis.toFixed(1)} ms`]),
  ]);
}
