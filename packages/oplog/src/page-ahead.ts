import { gunzip } from 'node:zlib';
import type { PageHeader } from 'hyparquet';

/** A page of a column as it is in its file. */
export interface Page {
  readonly header: PageHeader;
  /** What follows the header. */
  readonly body: Uint8Array;
  readonly firstRow: number;
  /** What is compressed in it, decompressed already. */
  readonly inflated?: Uint8Array;
}

type Ahead = { -readonly [key in keyof Page]: Page[key] } & { isStarted: boolean };

const MOST_AHEAD = 6;
const MOST_STARTED = 2;
/** Smaller pages are decompressed sooner than handed over. */
const LEAST_BYTES = 16 * 1024;

/**
 * The same pages, some of them decompressed by other threads meanwhile: whenever a page is asked for, one that is ready comes first, then
 * one that was not begun, so that nothing is waited for and nothing is done twice. A dictionary comes before everything behind it.
 */
export function* pagesAhead(pages: Iterator<Page>, { codec }: { readonly codec: string }): Generator<Page> {
  const ahead: Ahead[] = [];
  let isDone = false;
  for (;;) {
    while (!isDone && ahead.length < MOST_AHEAD) {
      const { value, done } = pages.next();
      if (done === true) isDone = true;
      else if (value.header.type === 'DICTIONARY_PAGE') yield value;
      else ahead.push({ ...value, isStarted: false });
    }
    const [next] = ahead;
    if (next === undefined) return;
    const chosen = ahead.find(({ inflated }) => inflated !== undefined) ?? ahead.find(({ isStarted }) => !isStarted) ?? next;
    ahead.splice(ahead.indexOf(chosen), 1);
    if (codec === 'GZIP') {
      let started = ahead.filter(({ isStarted, inflated }) => isStarted && inflated === undefined).length;
      for (const page of ahead.toReversed()) {
        if (started >= MOST_STARTED) break;
        if (!page.isStarted && start(page)) started++;
      }
    }
    yield chosen;
  }
}

/** Begins to decompress a page; false when that is not worth it. What is wrong with it shows when it is read. */
function start(page: Ahead): boolean {
  const { header, body } = page;
  const v2 = header.data_page_header_v2;
  if (body.byteLength < LEAST_BYTES || v2?.is_compressed === false) return false;
  const levels = v2 === undefined ? 0 : Number(v2.definition_levels_byte_length) + Number(v2.repetition_levels_byte_length);
  const size = Number(header.uncompressed_page_size) - levels;
  page.isStarted = true;
  gunzip(body.subarray(levels), { maxOutputLength: Math.max(size, 1) }, (error, bytes) => {
    if (error === null) page.inflated = bytes;
  });
  return true;
}
