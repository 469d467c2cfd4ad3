import { hasGlobSyntax, joinPath, type Node, type WD } from '@duckpond/tinyfs';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExitCode } from './command.ts';
import type { Context } from './context.ts';
import { type FileWriter, readState } from './copy-out-rows.ts';
import { CliError, isError, report } from './errors.ts';
import type { HostAddress } from './host/address.ts';
import { makeHostFile, safePath } from './host/write-file.ts';
import { allMatches } from './matches.ts';
import { locatePond } from './open-pond.ts';
import { emitLines } from './output/emit.ts';
import { isRowFormat, ROW_FORMATS, type RowFormat } from './output/format.ts';
import { printable } from './output/printable.ts';
import { startProgress } from './output/progress.ts';
import { formatBytes, plural } from './output/size.ts';

/** A file or directory with the path that the user sees it at, which may lead through links. */
interface Item {
  readonly path: string;
  readonly node: Node;
}

interface Target extends Item {
  /** Below the directory, components separated by `/`; empty for the directory itself. */
  readonly name: string;
}

/** What was found, and how many links were left out. */
interface Found {
  readonly items: readonly Item[];
  readonly leftOut: number;
}

export interface CopyOutOptions {
  readonly stripPrefix: string | undefined;
  readonly dryRun: boolean;
  /** Of tables and series; Parquet when none is named, `raw` for their bytes as they are stored. */
  readonly format: string | undefined;
}

/** Copies files and directories of the pond to a directory of the host, or files to the standard output. */
export async function copyOut(
  context: Context,
  patterns: readonly string[],
  dest: HostAddress,
  { stripPrefix, dryRun, format }: CopyOutOptions,
): Promise<ExitCode> {
  const rowFormat = format ?? 'parquet';
  if (rowFormat !== 'raw' && !isRowFormat(rowFormat)) throw notAnOutput(rowFormat);
  const directory = dest.kind === 'stream' ? undefined : resolve(context.effects.cwd(), dest.path);
  if (directory !== undefined) assertCanHold(directory, locatePond(context));
  return readState(context, async (root, writer): Promise<ExitCode> => {
    const { items, leftOut } = await findItems(context, root, patterns);
    const files = items.filter(({ node }) => node.kind !== 'directory');
    const code = leftOut > 0 ? 3 : 0;
    if (directory === undefined) {
      if (dryRun) await emitLines(context, files.map(({ path }) => printable(path)));
      else for (const file of files) await writer.write(root, file, rowFormat, context.out);
      return code;
    }
    const prefix = stripPrefix === undefined ? '/' : joinPath('/', stripPrefix);
    const targets = items.map((item) => ({ ...item, name: without(prefix, item) }));
    if (dryRun) {
      await emitLines(context, targets.filter(({ node }) => node.kind !== 'directory').map(({ path, name }) =>
        `${printable(path)} -> ${printable(safePath(directory, name))}`));
      return code;
    }
    const failed = await writeAll({ context, root, writer, rowFormat }, directory, targets);
    return failed === 0 ? code : failed;
  });
}

function notAnOutput(format: string): CliError {
  return new CliError('usage', `Cannot copy out as "${format}": nothing writes it, one of ${ROW_FORMATS.join(', ')} or raw was wanted`);
}

/** What all targets have in common. */
interface Work {
  readonly context: Context;
  readonly root: WD;
  readonly writer: FileWriter;
  readonly rowFormat: RowFormat | 'raw';
}

/** A directory that is there or can be made, and not the store of the pond. @throws CliError */
function assertCanHold(directory: string, pond: string): void {
  if (existsSync(directory) && !statSync(directory).isDirectory()) {
    const hint = 'paths are kept below DIR in host:DIR; pond cat PATH > FILE writes one file';
    throw new CliError('failed', `Cannot copy to "${directory}": it is a file, a directory was wanted`, hint);
  }
  if (`${directory}/`.startsWith(`${pond}/`)) {
    throw new CliError('failed', `Cannot copy to "${directory}": it is inside the pond's own directory, another place was wanted`);
  }
}

/** What the patterns match, with all that is below directories. Links stand for files; those to directories only when named. */
async function findItems(context: Context, root: WD, patterns: readonly string[]): Promise<Found> {
  const items = new Map<string, Item>();
  let leftOut = 0;
  const leaveOut = (path: string, reason: string): void => {
    leftOut++;
    context.warn(`pond: Cannot copy "${path}": ${reason}`);
  };
  const add = async (path: string, node: Node): Promise<void> => {
    if (node.kind !== 'symlink') {
      items.set(path, { path, node });
      return;
    }
    try {
      const target = await root.get(path);
      if (target.node.kind === 'directory') leaveOut(path, 'it is a link to a directory, which is copied only by its own name');
      else items.set(path, { path, node: target.node });
    } catch (error) {
      if (!isError(error, 'TinyFsError')) throw error;
      leaveOut(path, `it is a link that leads nowhere, to "${node.target}"`);
    }
  };
  const addBelow = async (shown: string, at: string): Promise<void> => {
    for await (const child of root.walk(at)) await add(joinPath(shown, child.path.slice(at === '/' ? 1 : at.length + 1)), child.node);
  };
  for (const pattern of patterns) {
    const named = !hasGlobSyntax(pattern);
    for (const { path, node } of await allMatches(root, [pattern])) {
      // A link that the user names is what it leads to, and it is an error when that is nowhere.
      const real = named && node.kind === 'symlink' ? await root.get(path) : { path, node };
      if (real.node.kind !== 'directory' && named) items.set(path, { path, node: real.node });
      else await add(path, real.node);
      if (real.node.kind === 'directory') await addBelow(path, real.path);
    }
  }
  return { items: [...items.values()], leftOut };
}

function without(prefix: string, { path, node }: Item): string {
  if (prefix === '/') return path.slice(1);
  if (path === prefix && node.kind === 'directory') return '';
  if (!path.startsWith(`${prefix}/`)) {
    const what = path === prefix ? 'nothing of its path would be left' : 'the path does not begin with it';
    throw new CliError('failed', `Cannot strip "${prefix}" from "${path}": ${what}`);
  }
  return path.slice(prefix.length + 1);
}

/** Goes on with the others when one cannot be read or written, and returns the exit code for that. */
async function writeAll(work: Work, directory: string, targets: readonly Target[]): Promise<0 | 3 | 12> {
  const { context } = work;
  const files = targets.filter(({ node }) => node.kind !== 'directory');
  const total = files.reduce((sum, { node }) => sum + ('sizeBytes' in node ? node.sizeBytes ?? 0 : 0), 0);
  const progress = startProgress(context.effects, 'copy', 'bytes', context.globals.quiet);
  let bytes = 0;
  let count = 0;
  let code: 0 | 3 | 12 = 0;
  let nextStep: string | undefined;
  try {
    for (const target of targets) {
      context.signal.throwIfAborted();
      try {
        await write(work, directory, target, (written) => {
          bytes += written;
          progress.update(bytes, total);
        });
        if (target.node.kind !== 'directory') count++;
      } catch (error) {
        const { exitCode, message, hint } = report(error);
        nextStep ??= hint;
        if (targets.length === 1 || !concernsOneFile(error)) throw error;
        if (code !== 12) code = exitCode === 12 ? 12 : 3;
        context.warn(`pond: ${message}`);
      }
    }
  } finally {
    progress.stop();
  }
  context.note(`copied ${plural(count, 'file', 'files')}, ${formatBytes(bytes)}`);
  if (code !== 0) context.warn(`${files.length - count} of ${files.length} files failed`);
  if (nextStep !== undefined) context.warn(`hint: ${nextStep}`);
  return code;
}

async function write(work: Work, directory: string, target: Target, onBytes: (count: number) => void): Promise<void> {
  const { context, root, writer, rowFormat } = work;
  const { path, name, node } = target;
  if (node.kind === 'directory') {
    mkdirSync(name === '' ? directory : safePath(directory, name), { recursive: true });
    return;
  }
  await makeHostFile(directory, name, context.effects.uuid(), (put) => writer.write(root, { path, node }, rowFormat, {
    isTty: false,
    columns: undefined,
    print: () => undefined,
    write: async (chunk) => {
      context.signal.throwIfAborted();
      await put(chunk);
      onBytes(chunk.length);
    },
  }));
  context.detail(`${path} -> ${join(directory, name)}`);
}

const OF_ONE_FILE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG']);

/** Damage of one content, or a place on the host that cannot be written, and not a full disk or a pond that is gone. */
function concernsOneFile(error: unknown): boolean {
  if (isError(error, 'OplogError', 'corrupt-blob') || isError(error, 'CliError', 'failed')) return true;
  return error instanceof Error && 'code' in error && OF_ONE_FILE.has(String(error.code));
}
