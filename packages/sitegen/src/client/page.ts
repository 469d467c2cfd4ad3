/** What every page does: search over the site, and ages that go on while a page is open. */

interface FoundPage {
  readonly title: string;
  readonly address: string;
  readonly text: string;
}

const root = document.body.dataset['root'] ?? './';
const MOST_RESULTS = 8;

function startSearch(): void {
  const input = document.querySelector<HTMLInputElement>('#search');
  const host = input?.closest('.search');
  if (input == null || host == null) return;
  input.hidden = false;
  const list = document.createElement('ul');
  list.className = 'search-results';
  list.hidden = true;
  host.append(list);
  let pages: Promise<readonly FoundPage[]> | undefined;
  const load = (): Promise<readonly FoundPage[]> => (
    pages ??= fetch(`${root}search.json`).then((response) => response.json() as Promise<FoundPage[]>));
  const search = async (): Promise<void> => {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) {
      list.hidden = true;
      return;
    }
    const scored = (await load()).map((page) => ({ page, score: scoreOf(page, words) })).filter(({ score }) => score > 0);
    const best = scored.sort((a, b) => b.score - a.score).slice(0, MOST_RESULTS);
    list.replaceChildren(...best.map(({ page }) => resultOf(page, words[0] ?? '')));
    if (best.length === 0) {
      const none = document.createElement('li');
      none.textContent = 'No page has all of these words';
      list.append(none);
    }
    list.hidden = false;
  };
  input.addEventListener('input', () => void search());
  input.addEventListener('focus', () => void load());
  host.addEventListener('keydown', (event) => {
    if (!(event instanceof KeyboardEvent)) return;
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (event.key === 'Escape') {
      list.hidden = true;
      input.focus();
    } else if (event.key === 'ArrowDown' && links.length > 0) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)]?.focus();
    } else if (event.key === 'ArrowUp' && at >= 0) {
      event.preventDefault();
      (at === 0 ? input : links[at - 1])?.focus();
    }
  });
  document.addEventListener('click', (event) => {
    if (event.target instanceof Node && !host.contains(event.target)) list.hidden = true;
  });
}

/** All words have to be there; those of a title count more. */
function scoreOf({ title, text }: FoundPage, words: readonly string[]): number {
  const [name, body] = [title.toLowerCase(), text.toLowerCase()];
  let score = 0;
  for (const word of words) {
    if (name.includes(word)) score += name.startsWith(word) ? 20 : 10;
    else if (body.includes(word)) score += 1;
    else return 0;
  }
  return score;
}

function resultOf({ title, address, text }: FoundPage, word: string): HTMLElement {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = root + address;
  link.textContent = title;
  const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
  const excerpt = document.createElement('small');
  excerpt.textContent = `${at > 0 ? '…' : ''}${text.slice(at, at + 110)}…`;
  link.append(excerpt);
  item.append(link);
  return item;
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400_000], ['month', 30 * 86_400_000], ['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000],
];

/** A page that was built an hour ago says how old its values are now. */
function showAges(): void {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'auto' });
  for (const age of document.querySelectorAll<HTMLElement>('.age[data-stale]')) {
    const { end } = age.dataset;
    const millis = Date.now() - (end === undefined ? Date.parse(age.querySelector('time')?.dateTime ?? '') : Number(end || NaN));
    if (Number.isNaN(millis)) continue;
    const [unit, length] = UNITS.find(([, own]) => millis >= own) ?? ['minute', 60_000];
    age.querySelector('.age-text')?.replaceChildren(format.format(-Math.floor(millis / length), unit));
    const stale = Number(age.dataset['stale']);
    age.querySelector('.age-word')?.replaceChildren(millis > stale * 10 ? 'silent' : millis > stale ? 'late' : 'reporting');
    age.className = millis > stale * 10 ? 'age is-silent' : millis > stale ? 'age is-stale' : 'age';
  }
}

startSearch();
showAges();
setInterval(showAges, 60_000);
