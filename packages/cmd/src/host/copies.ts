import type { HostCopies, Origin } from '@duckpond/factories';
import type { Pond } from '@duckpond/pond';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Context } from '../context.ts';
import { createRowCopier } from '../copy-in-rows.ts';
import { CliError } from '../errors.ts';
import { type HostSourceAddress, parseSource } from './address.ts';
import { hostSources } from './files.ts';
import { readHostFile } from './read-file.ts';

/** The files that documents name: a path that is not absolute starts at the directory of its document. */
export function createHostCopies(context: Context, pond: Pond): HostCopies & { close(): Promise<void> } {
  const rows = createRowCopier(context, pond, {});

  async function addressOf(source: string, { file }: Origin): Promise<HostSourceAddress & { readonly kind: 'file' }> {
    const address = await parseSource(source, { kind: undefined, format: undefined });
    if (address.kind === 'stream') {
      throw new CliError('failed', `Cannot copy "${source}" of "${file}": it is the standard input, a file was wanted`);
    }
    const path = isAbsolute(address.path) ? address.path : join(dirname(file), address.path);
    const [found, ...others] = hostSources(path, context.effects.cwd());
    if (found === undefined || others.length > 0 || !statSync(found.path).isFile()) {
      throw new CliError('failed', `Cannot copy "${source}" of "${file}": it is no file, one was wanted`);
    }
    return { ...address, path: found.path };
  }

  const contentOf = (path: string): AsyncIterable<Uint8Array> | Iterable<Uint8Array> => {
    const content = readHostFile(path);
    return content instanceof Uint8Array ? [content] : content;
  };

  return {
    async digest(source, origin) {
      const hash = createHash('sha256');
      for await (const chunk of contentOf((await addressOf(source, origin)).path)) {
        context.signal.throwIfAborted();
        hash.update(chunk);
      }
      return hash.digest('hex');
    },
    async copy(root, source, origin, path) {
      const address = await addressOf(source, origin);
      if (address.rows === undefined) await root.write(path, contentOf(address.path), { parents: true });
      else await rows.copyFile(root, address.path, path, address.rows);
    },
    close: () => rows.close(),
  };
}
