/** One component of a pattern, compiled: a small program for a machine that never does the same work twice. */
export interface NamePattern {
  readonly program: readonly Instruction[];
  readonly captureCount: number;
  /** The only name it matches, when it has no wildcards. */
  readonly literal: string | undefined;
  /** What stands around its only wildcard when that is a star, the usual case. */
  readonly around: { readonly prefix: string; readonly suffix: string } | undefined;
}

type Instruction =
  | { readonly op: 'char'; readonly code: number }
  | { readonly op: 'one' }
  | { readonly op: 'any' }
  | { readonly op: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }
  /** Tries the places in order. */
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'open' | 'close'; readonly capture: number };

type Token =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'one' | 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'either'; readonly branches: readonly (readonly Token[])[] };

/** Makes the error about the whole pattern from the words after the colon of its message. */
export type Invalid = (why: string) => Error;

export function compileName(text: string, invalid: Invalid): NamePattern {
  const chars = [...text];
  const { tokens } = parseTokens(chars, 0, false, invalid);
  const program: Instruction[] = [];
  let captureCount = 0;
  for (const token of tokens) {
    if (token.kind === 'char') {
      emit(token, program);
      continue;
    }
    // Wildcards inside an alternation are part of what the alternation captures.
    program.push({ op: 'open', capture: captureCount });
    emit(token, program);
    program.push({ op: 'close', capture: captureCount });
    captureCount += 1;
  }
  const star = tokens.findIndex((token) => token.kind !== 'char');
  return {
    program,
    captureCount,
    literal: captureCount === 0 ? spell(tokens) : undefined,
    around: captureCount === 1 && tokens[star]?.kind === 'any'
      ? { prefix: spell(tokens.slice(0, star)), suffix: spell(tokens.slice(star + 1)) }
      : undefined,
  };
}

function spell(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.kind === 'char' ? String.fromCodePoint(token.code) : '')).join('');
}

interface Thread {
  readonly pc: number;
  readonly at: number;
  readonly marks: Mark | undefined;
}

interface Mark {
  readonly capture: number;
  readonly open: boolean;
  readonly at: number;
  readonly before: Mark | undefined;
}

/**
 * The captures, or undefined when the name does not match. Each wildcard takes as much as it can, from left to right.
 * Bounded by the length of the pattern times that of the name: no state is entered twice. A dot at the beginning is
 * matched by a wildcard only with `hidden`.
 */
export function matchName(pattern: NamePattern, name: string, hidden: boolean): readonly string[] | undefined {
  const { program, captureCount, literal, around } = pattern;
  if (literal !== undefined) return literal === name ? [] : undefined;
  if (around !== undefined) return matchAround(around, name, hidden);
  const codes = Array.from(name, (char) => char.codePointAt(0) ?? 0);
  const dot = !hidden && codes[0] === 0x2e;
  const seen = new Uint8Array((program.length + 1) * (codes.length + 1));
  const threads: Thread[] = [{ pc: 0, at: 0, marks: undefined }];
  for (let thread = threads.pop(); thread !== undefined; thread = threads.pop()) {
    const { pc, at, marks } = thread;
    const state = pc * (codes.length + 1) + at;
    if (seen[state] === 1) continue;
    seen[state] = 1;
    const instruction = program[pc];
    if (instruction === undefined) {
      if (at === codes.length) return readMarks(marks, codes, captureCount);
      continue;
    }
    const code = codes[at];
    switch (instruction.op) {
      case 'char':
        if (code === instruction.code) threads.push({ pc: pc + 1, at: at + 1, marks });
        break;
      case 'one':
        if (code !== undefined && !(dot && at === 0)) threads.push({ pc: pc + 1, at: at + 1, marks });
        break;
      case 'class':
        if (code !== undefined && !(dot && at === 0) && inClass(instruction, code)) threads.push({ pc: pc + 1, at: at + 1, marks });
        break;
      case 'any':
        if (dot && at === 0) break;
        threads.push({ pc: pc + 1, at, marks });
        if (code !== undefined) threads.push({ pc, at: at + 1, marks });
        break;
      case 'split':
        for (const to of instruction.to.toReversed()) threads.push({ pc: to, at, marks });
        break;
      case 'jump':
        threads.push({ pc: instruction.to, at, marks });
        break;
      case 'open':
      case 'close':
        threads.push({ pc: pc + 1, at, marks: { capture: instruction.capture, open: instruction.op === 'open', at, before: marks } });
        break;
    }
  }
  return undefined;
}

function matchAround(
  { prefix, suffix }: { readonly prefix: string; readonly suffix: string }, name: string, hidden: boolean,
): readonly string[] | undefined {
  if (name.length < prefix.length + suffix.length || !name.startsWith(prefix) || !name.endsWith(suffix)) return undefined;
  if (!hidden && prefix === '' && name.startsWith('.')) return undefined;
  return [name.slice(prefix.length, name.length - suffix.length)];
}

function readMarks(marks: Mark | undefined, codes: readonly number[], count: number): readonly string[] {
  const starts = new Array<number>(count).fill(0);
  const ends = new Array<number>(count).fill(0);
  for (let mark = marks; mark !== undefined; mark = mark.before) (mark.open ? starts : ends)[mark.capture] = mark.at;
  return starts.map((start, i) => String.fromCodePoint(...codes.slice(start, ends[i])));
}

function inClass(set: { readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }, code: number): boolean {
  return set.ranges.some(([low, high]) => low <= code && code <= high) !== set.negated;
}

function emit(token: Token, program: Instruction[]): void {
  if (token.kind === 'char') program.push({ op: 'char', code: token.code });
  else if (token.kind === 'class') program.push({ op: 'class', negated: token.negated, ranges: token.ranges });
  else if (token.kind !== 'either') program.push({ op: token.kind });
  else {
    const split = program.length;
    const starts: number[] = [];
    const jumps: number[] = [];
    program.push({ op: 'split', to: starts });
    for (const branch of token.branches) {
      starts.push(program.length);
      for (const inner of branch) emit(inner, program);
      jumps.push(program.length);
      program.push({ op: 'jump', to: split });
    }
    for (const jump of jumps) program[jump] = { op: 'jump', to: program.length };
  }
}

function parseTokens(
  chars: readonly string[], start: number, nested: boolean, invalid: Invalid,
): { readonly tokens: Token[]; readonly next: number } {
  const tokens: Token[] = [];
  let at = start;
  for (let char = chars[at]; char !== undefined; char = chars[at]) {
    if (nested && (char === ',' || char === '}')) break;
    if (char === '*') {
      // A run of stars inside a component is one.
      while (chars[at] === '*') at += 1;
      tokens.push({ kind: 'any' });
    } else if (char === '?') {
      tokens.push({ kind: 'one' });
      at += 1;
    } else if (char === '[') {
      const { token, next } = parseClass(chars, at, invalid);
      tokens.push(token);
      at = next;
    } else if (char === '{') {
      const { token, next } = parseEither(chars, at, invalid);
      tokens.push(token);
      at = next;
    } else {
      const { code, next } = parseChar(chars, at, invalid);
      tokens.push({ kind: 'char', code });
      at = next;
    }
  }
  return { tokens, next: at };
}

function parseEither(chars: readonly string[], open: number, invalid: Invalid): { readonly token: Token; readonly next: number } {
  const branches: Token[][] = [];
  let at = open;
  do {
    const { tokens, next } = parseTokens(chars, at + 1, true, invalid);
    branches.push(tokens);
    at = next;
  } while (chars[at] === ',');
  if (chars[at] !== '}') throw invalid('"{" is not closed, a "}" was wanted before the next "/" or the end');
  if (branches.length === 1) throw invalid('"{…}" has no comma, two or more alternatives were wanted (or "\\{" for the character)');
  return { token: { kind: 'either', branches }, next: at + 1 };
}

function parseClass(chars: readonly string[], open: number, invalid: Invalid): { readonly token: Token; readonly next: number } {
  const negated = chars[open + 1] === '!' || chars[open + 1] === '^';
  const first = open + (negated ? 2 : 1);
  const ranges: [number, number][] = [];
  let at = first;
  // A "]" in the first place stands for itself.
  while (chars[at] !== ']' || at === first) {
    if (chars[at] === undefined) throw invalid('"[" is not closed, a "]" was wanted before the next "/" or the end');
    if (chars[at] === '[' && chars[at + 1] === ':') {
      throw invalid('"[:" names a class of characters, single characters and ranges were wanted');
    }
    const low = parseChar(chars, at, invalid);
    at = low.next;
    let high = low.code;
    if (chars[at] === '-' && chars[at + 1] !== ']' && chars[at + 1] !== undefined) {
      const upper = parseChar(chars, at + 1, invalid);
      high = upper.code;
      at = upper.next;
    }
    if (high < low.code) throw invalid('a range in "[…]" runs backwards, the lower end was wanted first');
    ranges.push([low.code, high]);
  }
  return { token: { kind: 'class', negated, ranges }, next: at + 1 };
}

function parseChar(chars: readonly string[], at: number, invalid: Invalid): { readonly code: number; readonly next: number } {
  const escaped = chars[at] === '\\';
  const code = chars[escaped ? at + 1 : at]?.codePointAt(0);
  if (code === undefined) throw invalid('it ends in a backslash, the escaped character was wanted');
  return { code, next: at + (escaped ? 2 : 1) };
}
