import { RemoteError, type RemoteErrorCode } from '../errors.ts';

/** `Cannot push "<path>" to the table "<table>": <why>` */
export function cannotPush(
  code: RemoteErrorCode, { path, table }: { readonly path: string; readonly table: string }, why: string, hint?: string,
): RemoteError {
  return new RemoteError(
    code, `Cannot push "${path}" to the table "${table}": ${why}`, { path, table }, hint === undefined ? {} : { hint },
  );
}
