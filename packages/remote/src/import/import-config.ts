import { fieldsOf, parseDocument } from '../backup/decode.ts';

/** What a node of an import stores: which one it is of, and which path of the other pond it shows. */
export interface ImportConfig {
  readonly name: string;
  readonly path: string;
}

/** JSON, which YAML is a superset of. */
export function encodeImportConfig(config: ImportConfig): string {
  return JSON.stringify({ name: config.name, path: config.path });
}

/** @throws RemoteError `corrupt-object` */
export function decodeImportConfig(text: string, file: string = 'the config of an import'): ImportConfig {
  const fields = fieldsOf(parseDocument(Buffer.from(text), file), file);
  return { name: fields.text('name'), path: fields.text('path') };
}
