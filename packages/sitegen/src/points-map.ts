import { SiteError } from './errors.ts';
import { type Html, html } from './html.ts';
import type { SitePage } from './site-pages.ts';

/** Rows of a table by column name. */
export type TableRows = readonly Readonly<Record<string, unknown>>[];

export interface MapOptions {
  /** What messages call the table. */
  readonly table: string;
  /** A point is a link when a page has its name as its title. */
  readonly pages: readonly SitePage[];
  readonly root: string;
  readonly caption: string | undefined;
}

interface Point {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const WIDTH = 720;
const MOST_HEIGHT = 540;
const MARGIN = 70;
const LATITUDES = ['latitude', 'lat', 'y'];
const LONGITUDES = ['longitude', 'lon', 'lng', 'long', 'x'];
const NAMES = ['name', 'title', 'station', 'site', 'id'];
/** Length of a degree of latitude. */
const METRES = 111_320;

/**
 * Points of a table with columns of latitude and longitude, in degrees, as a picture that needs no tiles of others: with a scale, north
 * is up, a degree of longitude as long as it is in the middle of the picture.
 *
 * @throws SiteError `bad-page` when the table has no such columns
 */
export function pointsMap(rows: TableRows, options: MapOptions): Html {
  const points = pointsOf(rows, options.table);
  if (points.length === 0) return html`<p class="empty">No places are known yet.</p>`;
  const middle = (values: readonly number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
  const latitude = middle(points.map((point) => point.latitude));
  const longitude = middle(points.map((point) => point.longitude));
  const narrow = Math.max(Math.cos(latitude * Math.PI / 180), 0.05);
  const places = points.map((point) => ({
    ...point, east: (point.longitude - longitude) * narrow * METRES, south: (latitude - point.latitude) * METRES,
  }));
  // One point, or several at one place, are shown in a kilometre.
  const wide = Math.max(...places.map(({ east }) => Math.abs(east) * 2), 500);
  const high = Math.max(...places.map(({ south }) => Math.abs(south) * 2), 200);
  const scale = Math.min((WIDTH - 2 * MARGIN) / wide, (MOST_HEIGHT - 2 * MARGIN) / high);
  const height = Math.round(high * scale + 2 * MARGIN);
  const bar = roundLength(180 / scale);
  const linked = new Map(options.pages.map((page) => [page.title, page.address]));
  const marks = places.map(({ name, east, south }) => {
    const [x, y] = [(WIDTH / 2 + east * scale).toFixed(1), (height / 2 + south * scale).toFixed(1)];
    const isLeft = east * scale > WIDTH / 2 - 2 * MARGIN;
    const mark = html`<circle cx="${x}" cy="${y}" r="7"/>
<text x="${x}" y="${y}" dx="${isLeft ? -12 : 12}" dy="5" text-anchor="${
      isLeft ? 'end' : 'start'}">${name}</text>`;
    const address = linked.get(name);
    return address === undefined ? html`<g>${mark}</g>` : html`<a href="${options.root}${address}">${mark}</a>`;
  });
  return html`<figure class="map"><svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="Map of ${points.length} places">
<g class="map-scale"><path d="M20 ${height - 26}v8h${(bar * scale).toFixed(1)}v-8"/><text x="24" y="${height - 30}">${
    lengthText(bar)}</text><path d="M${WIDTH - 28} 52v-30m-7 9l7-9l7 9"/><text x="${WIDTH - 28}" y="70" text-anchor="middle">N</text></g>
${marks}</svg>${
    options.caption === undefined ? undefined : html`<figcaption>${options.caption}</figcaption>`}</figure>`;
}

function pointsOf(rows: TableRows, table: string): readonly Point[] {
  const [first] = rows;
  if (first === undefined) return [];
  const column = (names: readonly string[]): string | undefined =>
    names.flatMap((wanted) => Object.keys(first).filter((name) => name.toLowerCase() === wanted))[0];
  const [latitude, longitude, name] = [column(LATITUDES), column(LONGITUDES), column(NAMES)];
  if (latitude === undefined || longitude === undefined) {
    const known = Object.keys(first).map((one) => JSON.stringify(one)).join(', ');
    const what = `Cannot make a map of ${JSON.stringify(table)}: it has ${known}, columns "lat" and "lon" were wanted`;
    throw new SiteError('bad-page', what, { table });
  }
  return rows.map((row): Point => ({
    name: name === undefined ? '' : String(row[name] ?? ''),
    latitude: Number(row[latitude] ?? NaN), longitude: Number(row[longitude] ?? NaN),
  })).filter((point) => Math.abs(point.latitude) <= 90 && Math.abs(point.longitude) <= 360);
}

/** 1, 2 or 5 and zeros, not above a length. */
function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].map((factor) => factor * power).find((length) => length <= metres) ?? power;
}

function lengthText(metres: number): string {
  return metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
}
