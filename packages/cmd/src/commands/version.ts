import type { Context } from '../context.ts';
import { JSON_SHAPE, VERSION } from '../version.ts';

export async function run(context: Context): Promise<void> {
  const { json, format } = context.globals;
  const facts = { version: VERSION, node: context.effects.nodeVersion, platform: context.effects.platform, jsonShape: JSON_SHAPE };
  const text = json || format === 'json' ? JSON.stringify(facts) : `pond ${VERSION} (Node ${facts.node}, ${facts.platform})`;
  await context.out.write(`${text}\n`);
}
