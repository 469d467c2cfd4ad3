/** Cells of a terminal with the number of the line that was last drawn in each. */
export interface Canvas {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Draws from pixel to pixel, both included, for a line. */
  line(x0: number, y0: number, x1: number, y1: number, series: number): void;
  /** The text of a cell and whose line it shows; undefined where nothing is. */
  cell(column: number, row: number): { readonly text: string; readonly series: number } | undefined;
}

/** Dots of a braille cell by column and row: Unicode numbers them down the left side, then the right, the last row after all. */
const DOTS = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]] as const;
const BRAILLE = 0x2800;

/** A canvas of 2 by 4 dots a cell; where lines meet, a cell has the colour of the last one. */
export function brailleCanvas(columns: number, rows: number): Canvas {
  const masks = new Uint8Array(columns * rows);
  const owners = new Int16Array(columns * rows);
  return canvas(columns * 2, rows * 4, (x, y, series) => {
    const at = (y >> 2) * columns + (x >> 1);
    masks[at] = (masks[at] ?? 0) | (DOTS[x & 1]?.[y & 3] ?? 0);
    owners[at] = series;
  }, (column, row) => {
    const at = row * columns + column;
    const mask = masks[at] ?? 0;
    return mask === 0 ? undefined : { text: String.fromCharCode(BRAILLE + mask), series: owners[at] ?? 0 };
  });
}

/** Marks that tell lines apart without colour. */
export const MARKS: readonly string[] = ['●', '○', '■', '□', '▲', '△', '◆', '◇'];

/** A canvas of a mark a cell. */
export function markCanvas(columns: number, rows: number): Canvas {
  const owners = new Int16Array(columns * rows).fill(-1);
  return canvas(columns, rows, (x, y, series) => {
    owners[y * columns + x] = series;
  }, (column, row) => {
    const series = owners[row * columns + column] ?? -1;
    return series < 0 ? undefined : { text: MARKS[series % MARKS.length] ?? '●', series };
  });
}

function canvas(width: number, height: number, put: (x: number, y: number, series: number) => void, cell: Canvas['cell']): Canvas {
  return {
    width,
    height,
    // Bresenham's line.
    line(x0, y0, x1, y1, series) {
      const [dx, dy] = [Math.abs(x1 - x0), -Math.abs(y1 - y0)];
      const [stepX, stepY] = [x0 < x1 ? 1 : -1, y0 < y1 ? 1 : -1];
      let [x, y, error] = [x0, y0, dx + dy];
      for (;;) {
        put(x, y, series);
        if (x === x1 && y === y1) return;
        const twice = 2 * error;
        if (twice >= dy) {
          error += dy;
          x += stepX;
        }
        if (twice <= dx) {
          error += dx;
          y += stepY;
        }
      }
    },
    cell,
  };
}
