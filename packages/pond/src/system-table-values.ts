// Values as DuckDB's Node binding takes them, without loading it.

/** A TIMESTAMP WITH TIME ZONE. */
export function timestampOf(micros: bigint | null | undefined): { readonly micros: bigint } | null {
  return micros == null ? null : { micros };
}

/** A BIGINT. */
export function longOf(value: number | null | undefined): bigint | null {
  return value == null ? null : BigInt(value);
}

/** A VARCHAR with two lower-case hex digits a byte. */
export function hex(bytes: Uint8Array | null | undefined): string | null {
  return bytes == null ? null : Buffer.from(bytes).toString('hex');
}

/** A VARCHAR[]. */
export function textsOf(items: readonly string[] | undefined): { readonly items: readonly string[] } | null {
  return items === undefined ? null : { items };
}
