/** A path for DuckDB's readers, which would take `*`, `?` and `[` for a pattern: each stands in a class of its own. */
export function literalPath(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

/** The path that `literalPath` made the text from. */
export function pathOfLiteral(text: string): string {
  return text.replace(/\[([*?[])\]/g, '$1');
}
