/**
 * What a page tells the client about one chart: JSON in a script element of the figure. Times are milliseconds since 1970 UTC; URLs are
 * relative
 * to the page.
 */
export interface ChartData {
  readonly version: 1;
  /** IANA name of the zone in which times are shown. */
  readonly zone: string;
  /** The extent of the data: the first time, and the end of the last step. */
  readonly extent: Span;
  /** The view a visitor sees first. */
  readonly view: Span;
  /** The most steps a view may show of a resolution. */
  readonly targetPoints: number;
  readonly sources: readonly ChartSource[];
  readonly panels: readonly ChartPanel[];
  readonly annotations: readonly Annotation[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One item of an export: a site, a station. */
export interface ChartSource {
  readonly name: string;
  readonly timeColumn: string;
  /** From the finest to the coarsest. */
  readonly resolutions: readonly Resolution[];
}

export interface Resolution {
  /** As the pond calls it: `1h`; empty for rows as they were recorded. */
  readonly label: string;
  /** Length of a step; of months and years the shortest one. */
  readonly stepMillis: number;
  /** In order, without overlaps. */
  readonly tiles: readonly Tile[];
}

/** A file of rows from `from` on and before `to`. */
export interface Tile extends Span {
  readonly url: string;
  readonly sizeBytes: number;
}

/** One diagram: lines of the same quantity and unit. */
export interface ChartPanel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly ChartLine[];
}

export interface ChartLine {
  readonly label: string;
  /** Index into `sources`. */
  readonly source: number;
  /** The column that is drawn. */
  readonly column: string;
  /** The columns of the least and the greatest value of a step, when there are such. */
  readonly band?: { readonly min: string; readonly max: string };
}

/** Something that happened. */
export interface Annotation extends Span {
  readonly text: string;
}
