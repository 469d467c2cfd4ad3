import { createHash } from 'node:crypto';

/** What all pages of one question have in common. */
export interface Question {
  readonly path: string;
  readonly query: string;
}

const POSITION_DIGITS = 16;

/** 64 hex digits: where the page begins, and which question it answers. */
export function pageToken(question: Question, position: number): string {
  return position.toString(16).padStart(POSITION_DIGITS, '0') + seal(question, position);
}

/** Where the page begins; undefined when the token is none, or of another question. */
export function positionOf(question: Question, token: string): number | undefined {
  if (!/^[0-9a-f]{64}$/.test(token)) return undefined;
  const position = Number.parseInt(token.slice(0, POSITION_DIGITS), 16);
  return token.slice(POSITION_DIGITS) === seal(question, position) ? position : undefined;
}

function seal({ path, query }: Question, position: number): string {
  return createHash('sha256').update(JSON.stringify([path, query, position])).digest('hex').slice(0, 64 - POSITION_DIGITS);
}
