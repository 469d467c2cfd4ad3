/** Hands a file to the visitor. */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 10_000);
}

/** Rows as CSV: RFC 4180, times as RFC 3339 in UTC. A text that a spreadsheet would run is quoted with an apostrophe. */
export function csvOf(header: readonly string[], rows: Iterable<readonly (number | null)[]>): Blob {
  const lines = [header.map(csvField).join(',')];
  for (const [seconds, ...values] of rows) {
    lines.push([new Date((seconds ?? 0) * 1000).toISOString(), ...values.map((value) => (value === null ? '' : String(value)))].join(','));
  }
  return new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' });
}

export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Diagrams below each other, with their titles, on the background of the page. */
export async function pictureOf(
  panels: readonly { readonly title: string; readonly canvas: HTMLCanvasElement }[], host: Element,
): Promise<Blob | null> {
  const scale = devicePixelRatio;
  const style = getComputedStyle(host);
  const titleHeight = 28 * scale;
  const sheet = document.createElement('canvas');
  sheet.width = Math.max(...panels.map(({ canvas }) => canvas.width));
  sheet.height = panels.reduce((height, { canvas }) => height + canvas.height + titleHeight, 0);
  const context = sheet.getContext('2d');
  if (context === null) return null;
  context.fillStyle = style.getPropertyValue('--paper').trim() || '#fff';
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.fillStyle = style.color;
  context.font = `600 ${14 * scale}px ${style.fontFamily}`;
  let top = 0;
  for (const { title, canvas } of panels) {
    context.fillText(title, 12 * scale, top + 19 * scale);
    context.drawImage(canvas, 0, top + titleHeight);
    top += canvas.height + titleHeight;
  }
  return new Promise((resolve) => { sheet.toBlob(resolve, 'image/png'); });
}
