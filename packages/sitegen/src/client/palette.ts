/** Colours of a page's theme, read when something is drawn: they change with the light and the dark scheme. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly mark: string;
  line(index: number): string;
  /** The same colour, nearly transparent. */
  band(index: number): string;
  readonly font: string;
}

/** The theme has this many colours of lines. */
const LINES = 8;

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const variable = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  const line = (index: number): string => variable(`--line-${(index % LINES) + 1}`, '#0b6e99');
  return {
    ink: variable('--ink', '#111'), muted: variable('--muted', '#666'), grid: variable('--grid', '#ddd'), mark: variable('--mark', '#c60'),
    line,
    band: (index) => `color-mix(in srgb, ${line(index)} 22%, transparent)`,
    font: `12px ${style.fontFamily}`,
  };
}

/** Lines differ by more than colour: the dashes of the line with this index. */
export function dashOf(index: number): number[] {
  return [[], [8, 4], [2, 3], [10, 3, 2, 3]][Math.floor(index / 1) % 4] ?? [];
}
