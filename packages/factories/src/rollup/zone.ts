/** From this moment on the clocks of a zone are so far ahead of UTC. Microseconds. */
export interface ZoneSpan {
  readonly fromMicros: bigint;
  readonly offsetMicros: bigint;
}

/** The clocks of one time zone. */
export interface Zone {
  /** The spans that cover a range of time, the first of which has no beginning. */
  spans(fromMicros: bigint, toMicros: bigint): readonly ZoneSpan[];
}

const SECOND = 1_000_000n;
const DAY = 86_400n * SECOND;
// No zone has ever changed its clocks twice in so many days.
const STEP = 10n * DAY;
const [EARLIEST, LATEST] = [-62_135_596_800n * SECOND, 253_402_300_799n * SECOND];
const BEGINNING = -(2n ** 62n);
const UTC_NAMES = new Set(['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'Zulu', 'Z']);

// To open a zone takes a millisecond, and changes nothing.
const opened = new Map<string, Zone>();

/** Whether this machine knows a zone of that name. */
export function isZone(name: string): boolean {
  try {
    openZone(name);
    return true;
  } catch {
    return false;
  }
}

/** A zone by its IANA name. @throws RangeError for a name that is none */
export function openZone(name: string): Zone {
  const known = opened.get(name) ?? newZone(name);
  opened.set(name, known);
  return known;
}

function newZone(name: string): Zone {
  if (UTC_NAMES.has(name)) return { spans: () => [{ fromMicros: BEGINNING, offsetMicros: 0n }] };
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const offsetAt = (micros: bigint): bigint => offsetOf(format, clamped(micros));
  const known = new Map<bigint, readonly ZoneSpan[]>();

  /** The changes in one stretch of `STEP`. */
  function changes(step: bigint): readonly ZoneSpan[] {
    const before = known.get(step);
    if (before !== undefined) return before;
    let [low, high] = [step * STEP, (step + 1n) * STEP];
    const [first, last] = [offsetAt(low), offsetAt(high)];
    while (first !== last && high - low > SECOND) {
      const middle = low + ((high - low) / SECOND / 2n) * SECOND;
      if (offsetAt(middle) === first) low = middle;
      else high = middle;
    }
    const found = first === last ? [] : [{ fromMicros: high, offsetMicros: last }];
    known.set(step, found);
    return found;
  }

  return {
    spans(fromMicros, toMicros) {
      const first = floorDivide(clamped(fromMicros), STEP);
      const spans: ZoneSpan[] = [{ fromMicros: BEGINNING, offsetMicros: offsetAt(first * STEP) }];
      for (let step = first; step * STEP <= clamped(toMicros); step += 1n) spans.push(...changes(step));
      return spans;
    },
  };
}

function clamped(micros: bigint): bigint {
  return micros < EARLIEST ? EARLIEST : micros > LATEST ? LATEST : micros;
}

function offsetOf(format: Intl.DateTimeFormat, micros: bigint): bigint {
  const text = format.formatToParts(Number(floorDivide(micros, 1000n))).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /GMT([+-])(\d+):(\d+)(?::(\d+))?/.exec(text.replace('\u2212', '-')) ?? [];
  const offset = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
  return sign === '-' ? -offset : offset;
}

/** Downwards, also below zero. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? quotient - 1n : quotient;
}
