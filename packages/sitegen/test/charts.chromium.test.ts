import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserSite, browserSite, CHROMIUM, END } from './browser-site.ts';

const DAY = 86_400_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!existsSync(CHROMIUM))('in Chromium', () => {
  let site: BrowserSite;
  let browser: Browser;
  beforeAll(async () => {
    site = await browserSite();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** A page whose every complaint, and request elsewhere, fails the test. */
  async function open(path: string, options: BrowserContextOptions = {}): Promise<{ readonly page: Page; readonly faults: readonly string[]; close(): Promise<void> }> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(message.text()); });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => { if (!request.url().startsWith(site.url) && !request.url().startsWith('data:')) faults.push(`foreign request ${request.url()}`); });
    site.requests();
    await page.goto(site.url + path);
    if (options.javaScriptEnabled !== false && path !== '') await drawn(page);
    return { page, faults, close: () => context.close() };
  }
  const drawn = (page: Page): Promise<unknown> => page.waitForSelector('figure.chart.is-live:not([aria-busy])[data-resolution]');
  const tiles = (): readonly string[] => site.requests().filter((path) => path.endsWith('.parquet'));
  const resolution = (page: Page): Promise<string | null> => page.getAttribute('figure.chart', 'data-resolution');
  const inked = (page: Page): Promise<number> => page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let at = 3; at < pixels.length; at += 4) if ((pixels[at] ?? 0) > 40) count += 1;
    return count;
  });

  it('a chart draws the newest week, from at most two files', async () => {
    const { page, faults, close } = await open('North/');
    expect(tiles().length).toBeLessThanOrEqual(2);
    expect(await resolution(page)).toBe('1h');
    expect(await inked(page)).toBeGreaterThan(2000);
    expect(await page.textContent('.chart-status')).toContain('Steps of 1h, times in UTC');
    expect(faults).toEqual([]);
    await close();
  });

  it('zooming changes the resolution, and never loads more than two files a view', async () => {
    const { page, faults, close } = await open('North/');
    for (const [label, expected] of [['1M', '1h'], ['3M', '1d'], ['All', '1d'], ['1D', '1h']] as const) {
      tiles();
      await page.getByRole('button', { name: { '1M': '1M: show a month', '3M': '3M: show three months', All: 'All: show everything', '1D': '1D: show a day' }[label] }).click();
      await drawn(page);
      expect(await resolution(page), label).toBe(expected);
      expect(tiles().length).toBeLessThanOrEqual(2);
    }
    expect(await inked(page)).toBeGreaterThan(1000);
    expect(faults).toEqual([]);
    await close();
  });

  it('a drag zooms, a double click resets, and the address tells the view', async () => {
    const { page, close } = await open('North/');
    const box = await page.locator('.u-over').first().boundingBox();
    if (box === null) throw new Error('no plot');
    const at = (share: number): readonly [number, number] => [box.x + box.width * share, box.y + box.height / 2];
    await page.mouse.move(...at(0.5));
    await page.mouse.down();
    await page.mouse.move(...at(0.75), { steps: 5 });
    await page.mouse.up();
    await drawn(page);
    const [, from = '', to = ''] = /#t=([^,]+),(.+)$/.exec(page.url()) ?? [];
    expect((Date.parse(to) - Date.parse(from)) / DAY).toBeCloseTo(7 / 4, 0);
    const shared = page.url();
    await page.locator('.u-over').first().dblclick();
    await page.waitForFunction(() => decodeURIComponent(location.hash).length > 0);
    expect(page.url()).not.toBe(shared);
    const other = await open(`North/${new URL(shared).hash}`);
    expect(other.page.url()).toBe(shared);
    await other.close();
    await close();
  });

  it('the keyboard moves the cursor, and what it shows is said', async () => {
    const { page, close } = await open('North/');
    await page.locator('.chart-plot').first().focus();
    await page.keyboard.press('ArrowLeft');
    const said = (): Promise<string | null> => page.textContent('[aria-live]');
    const last = await said();
    expect(last).toMatch(/Surface [\d.]+ mg\/L, Bottom [\d.]+ mg\/L/);
    await page.keyboard.press('ArrowLeft');
    expect(await said()).not.toBe(last);
    await page.keyboard.press('-');
    await drawn(page);
    const [, from = '', to = ''] = /#t=([^,]+),(.+)$/.exec(page.url()) ?? [];
    expect((Date.parse(to) - Date.parse(from)) / DAY).toBeCloseTo(14, 0);
    expect(Date.parse(to)).toBe(END);
    await close();
  });

  it('CSV has what is shown', async () => {
    const { page, close } = await open('North/');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download what is shown as CSV' }).click()]);
    const lines = readFileSync(await file.path(), 'utf8').trim().split('\r\n');
    expect(lines[0]).toContain('time,Surface S.DO.mg/L.avg (mg/L)');
    // A week without the day that is missing.
    expect(lines).toHaveLength(1 + 7 * 24 - 23);
    await close();
  });

  it.each([['light', 1100], ['dark', 1100], ['light', 360], ['dark', 360]] as const)('is accessible: %s, %i wide', async (colorScheme, width) => {
    for (const path of ['', 'North/']) {
      const { page, faults, close } = await open(path, { colorScheme, viewport: { width, height: 800 } });
      await page.addScriptTag({ content: axe });
      const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run());
      expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(faults).toEqual([]);
      await close();
    }
  });

  it('without JavaScript there are values, their age, a picture and a table', async () => {
    const { page, close } = await open('North/', { javaScriptEnabled: false });
    expect(await page.locator('.now .value').first().textContent()).toMatch(/^[\d.]+mg\/L$/);
    expect(await page.locator('.now .age').first().textContent()).toContain('UTC');
    expect(await page.locator('.chart-picture svg path.line').count()).toBe(3);
    expect(await page.locator('.chart-table tbody tr').count()).toBe(24);
    await close();
  });

  it('what was seen once is there without a network', async () => {
    const { page, close } = await open('North/');
    await page.evaluate(async () => { await navigator.serviceWorker.ready; });
    await page.reload();
    await drawn(page);
    await page.context().setOffline(true);
    await page.reload();
    await drawn(page);
    expect(await inked(page)).toBeGreaterThan(2000);
    await close();
  });

  it('search finds a page by its words', async () => {
    const { page, close } = await open('');
    await page.getByLabel('Search').fill('north');
    await page.getByRole('link', { name: /North/ }).first().waitFor();
    await page.getByLabel('Search').fill('nothing like this');
    expect(await page.locator('.search-results').textContent()).toContain('No page');
    await close();
  });

  it('a tile that is missing is told, and the page goes on', async () => {
    const { page, close } = await open('North/', { serviceWorkers: 'block' });
    await page.route('**/*.parquet', (route) => route.abort());
    await page.getByRole('button', { name: 'All: show everything' }).click();
    await page.waitForFunction(() => document.querySelector('.chart-status')?.textContent?.includes('could not be loaded'));
    await close();
  });
});
