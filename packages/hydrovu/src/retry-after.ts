/**
 * How long an answer asks to wait, in milliseconds (RFC 9110, section 10.2.3: seconds, or a date). A date is taken against the clock of the
 * server when it tells it, so that a wrong clock here does no harm. Undefined when nothing, or nothing readable, is asked.
 */
export function retryAfterMillis(header: string | null, dateHeader: string | null, nowMillis: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  const serverNow = Date.parse(dateHeader ?? '');
  return Math.max(0, until - (Number.isNaN(serverNow) ? nowMillis : serverNow));
}
