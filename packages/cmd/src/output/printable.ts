/** C0 and C1 controls, lone surrogates, and the marks that hide text or turn its direction around. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\u001b': '\\e' };

/** Text that a terminal shows as it is and that stays on one line: what would act is written as an escape. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (mark) => {
    const short = SHORT[mark];
    if (short !== undefined) return short;
    const code = mark.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
