const HIDDEN = '***';

/** Names of options, variables and URL parameters whose values are secrets. */
const SECRET_NAME = /secret|passw(or)?d|passphrase|token|(api|access|private)[-_]?key|credential|signature|^authorization$|^sig$|^key$/i;
/** A reference is not a secret. */
const REFERENCE = /^\$\{env:[^}]*\}$/;
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
const URL_PARAMETER = /([?&])([^=&#\s]+)=([^&#\s]*)/g;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/g;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Text without what looks like a secret: credentials in URLs, signed parameters, authorization headers. */
export function redactText(text: string): string {
  return text
    .replace(URL_CREDENTIALS, `$1${HIDDEN}@`)
    .replace(URL_PARAMETER, (whole, mark: string, name: string, value: string) =>
      isSecretName(name) ? `${mark}${name}=${hide(value)}` : whole)
    .replace(BEARER, `$1 ${HIDDEN}`);
}

/** A command line fit for the log: also the values of options and `KEY=VALUE` arguments whose names speak of secrets. */
export function redactArguments(args: readonly string[]): readonly string[] {
  const result: string[] = [];
  let hideNext = false;
  for (const arg of args) {
    const pair = /^(-{0,2})([A-Za-z_][\w.-]*)=(.*)$/s.exec(arg);
    if (hideNext) result.push(hide(arg));
    else if (pair !== null && isSecretName(pair[2] ?? '')) result.push(`${pair[1] ?? ''}${pair[2] ?? ''}=${hide(pair[3] ?? '')}`);
    else result.push(redactText(arg));
    hideNext = !hideNext && arg.startsWith('--') && !arg.includes('=') && isSecretName(arg.slice(2));
  }
  return result;
}

function hide(value: string): string {
  return REFERENCE.test(value) ? value : HIDDEN;
}
