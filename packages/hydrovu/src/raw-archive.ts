import type { ReceivedPage } from './client.ts';

/** An answer as it came, and what it answers. */
export interface RawAnswer {
  readonly location: string;
  readonly startSeconds: number;
  readonly endSeconds: number | undefined;
  readonly page: number;
  /** Unix milliseconds. */
  readonly receivedMillis: number;
  readonly body: string;
}

export function rawAnswer(
  location: string, span: { readonly startSeconds: number; readonly endSeconds?: number }, page: ReceivedPage, receivedMillis: number,
): RawAnswer {
  return { location, startSeconds: span.startSeconds, endSeconds: span.endSeconds, page: page.number, receivedMillis, body: page.text };
}

/** Answers as one zstd frame of NDJSON, one a line, the body as a text: what came in a request, and nothing that was sent to make it. */
export async function packAnswers(answers: readonly RawAnswer[]): Promise<Uint8Array> {
  const { compress } = await import('@mongodb-js/zstd');
  const lines = answers.map(({ location, startSeconds, endSeconds, page, receivedMillis, body }) => `${JSON.stringify({
    location, startTime: startSeconds, ...(endSeconds === undefined ? {} : { endTime: endSeconds }), page,
    received: new Date(receivedMillis).toISOString(), body,
  })}\n`);
  return compress(Buffer.from(lines.join('')));
}
