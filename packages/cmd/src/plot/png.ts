import { createRequire } from 'node:module';
import { svgChart, type SvgOptions } from './svg.ts';
import type { Chart } from './chart.ts';

export interface PngOptions extends SvgOptions {
  readonly theme?: 'light' | 'dark';
  /** Pixels of the picture a pixel of the drawing: 2 is sharp on every screen. */
  readonly scale?: number;
}

/** A picture of a chart as PNG, drawn from its SVG with a font that comes along; other scripts take the fonts of the system. */
export async function pngChart(chart: Chart, { scale = 2, theme = 'light', ...size }: PngOptions = {}): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
  const drawing = new Resvg(svgChart(chart, { ...size, theme }), {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: true,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => require.resolve(`dejavu-fonts-ttf/ttf/${name}`)),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return drawing.render().asPng();
}
