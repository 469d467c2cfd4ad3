// Lines over age, each relative to day 30, as an SVG that needs no script.

const WIDTH = 720;
const HEIGHT = 340;
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 170, 20, 40];
const COLORS = ['#1b6ca8', '#c2571a', '#2c7d3f', '#7a3e9d', '#555555'];

/** @param lines pairs of a name and what it is of a figure */
export function chartOf(figures, lines) {
  const base = figures.find(({ day }) => day === 30) ?? figures[0];
  const days = figures.map(({ day }) => day);
  const series = lines.map(([name, of]) => ({ name, values: figures.map((figure) => of(figure) / of(base)) }));
  const top = Math.max(1.5, Math.ceil(Math.max(...series.flatMap(({ values }) => values)) * 4) / 4);
  const span = Math.log(Math.max(2, days.at(-1) / days[0]));
  const x = (day) => LEFT + (WIDTH - LEFT - RIGHT) * Math.log(day / days[0]) / span;
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const round = (value) => value.toFixed(1);
  const grid = Array.from({ length: Math.floor(top * 2) + 1 }, (_, i) => i / 2).map((value) =>
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#ddd"/><text x="${LEFT - 8}" y="${round(y(value) + 4)}" text-anchor="end">${value}</text>`);
  const ticks = days.map((day) => `<text x="${round(x(day))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">day ${day}</text>`);
  const drawn = series.map(({ name, values }, i) => {
    const points = values.map((value, k) => `${round(x(days[k]))},${round(y(value))}`);
    const dots = points.map((point) => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3" fill="${COLORS[i]}"/>`).join('');
    const label = `<text x="${WIDTH - RIGHT + 30}" y="${TOP + 16 + 18 * i}">${name}</text><rect x="${WIDTH - RIGHT + 14}" y="${TOP + 7 + 18 * i}" width="10" height="10" fill="${COLORS[i]}"/>`;
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${COLORS[i]}" stroke-width="2"/>${dots}${label}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-labelledby="t">`,
    `<title id="t">Time of the processor and memory by age of the pond, day ${base.day} = 1</title>`, `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid, ...ticks, ...drawn, '</svg>', '',
  ].join('\n');
}
