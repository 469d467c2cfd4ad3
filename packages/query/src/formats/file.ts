import { checkOptions } from './options.ts';
import { inputFiles } from './inputs.ts';
import { literalPath } from './literal-path.ts';
import type { FormatReader } from './reader.ts';

/** The bytes of files: a row each, with the columns `path`, `size` (BIGINT) and `content` (BLOB). Nothing is decompressed. */
export const fileReader: FormatReader = {
  format: 'file',
  select: async (session, paths, options) => {
    checkOptions('file', options, []);
    const files = await inputFiles('file', paths, {});
    const list = await session.bindTexts(files.map(({ path }) => literalPath(path)));
    return `SELECT filename AS path, size, content FROM read_blob(${list})`;
  },
};
