import { literalPath } from './formats/literal-path.ts';
import { type ColumnNote, NOTES_KEY } from './parquet-facts.ts';
import type { ScanSession } from './scan-session.ts';

/** Units and descriptions that Parquet files carry in their metadata; those of later files win. What is not readable counts as nothing. */
export async function readNotes(session: ScanSession, paths: readonly string[]): Promise<ReadonlyMap<string, ColumnNote>> {
  const files = await session.bindTexts(paths.map(literalPath));
  const rows = await session.all(
    `SELECT decode(value) FROM parquet_kv_metadata(${files}) WHERE decode(key) = ${await session.bind(NOTES_KEY)}`);
  const notes = new Map<string, ColumnNote>();
  for (const [text] of rows) {
    for (const [name, note] of Object.entries(columnsOf(String(text)))) notes.set(name, noteOf(note));
  }
  return notes;
}

function columnsOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) && isRecord(parsed['columns']) ? parsed['columns'] : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function noteOf(note: unknown): ColumnNote {
  const { unit, description } = isRecord(note) ? note : {};
  return { ...(typeof unit === 'string' ? { unit } : {}), ...(typeof description === 'string' ? { description } : {}) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
