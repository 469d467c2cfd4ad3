import type { Runnable } from './run-node.ts';
import type { Factories } from '@duckpond/pond';
import { isComputedNode, type NodePath, type WD } from '@duckpond/tinyfs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { readHostText } from '../host/read-text.ts';
import { getNode } from '../matches.ts';

/** Where a bare name is looked for, in order. */
const PLACES = ['/system/run', '/system/etc'];

/** The node that a path or a bare name means. @throws CliError, TinyFsError `not-found` */
export async function findNode(root: WD, target: string): Promise<Runnable> {
  const { path, node } = target.includes('/') ? await getNode(root, target, true) : await namedNode(root, target);
  if (!isComputedNode(node)) {
    const what = `Cannot run "${target}": it is no node of a factory, one that can be run was wanted`;
    throw new CliError('failed', what, 'pond mknod makes one');
  }
  return { id: node.id, path, ...node.computed };
}

async function namedNode(root: WD, name: string): Promise<NodePath> {
  for (const place of PLACES) {
    const path = `${place}/${name}`;
    if (await root.exists(path)) return root.get(path);
  }
  const what = `Cannot run "${name}": it is neither in ${PLACES.join(' nor in ')}, a name there or a path was wanted`;
  throw new CliError('failed', what);
}

/** `host+FACTORY:///FILE`: a config of the host that is stored nowhere; undefined for all else. @throws CliError */
export async function hostNode(context: Context, target: string, factories: Factories): Promise<Runnable | undefined> {
  const [, factory, rest] = /^host\+([a-z][a-z0-9-]*):\/\/(.*)$/i.exec(target) ?? [];
  if (factory === undefined || rest === undefined) return undefined;
  const { unknownFactory } = await import('@duckpond/factories');
  const entry = factories.get(factory);
  if (entry === undefined) {
    throw new CliError('failed', `Cannot run "${target}": ${unknownFactory(factory, factories)}`, "'pond factories' lists them");
  }
  const path = resolve(context.effects.cwd(), decodeURIComponent(rest.replace(/^\/+/, '/')));
  const config = await readHostText(context, path);
  await (await entry.load()).check(config, path);
  return { id: `host+${factory} ${path}`, path: target, factory, config };
}
