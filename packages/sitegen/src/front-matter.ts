import { parseConfig } from '@duckpond/factories';
import { z } from 'zod';

/** What a page says about itself. */
export interface FrontMatter {
  readonly title?: string | undefined;
  readonly layout: 'default' | 'page' | 'blog' | 'data';
  readonly weight: number;
  readonly slug?: string | undefined;
  readonly hidden: boolean;
  readonly section?: string | undefined;
  readonly date?: string | undefined;
  readonly summary?: string | undefined;
  readonly image?: string | undefined;
}

const schema: z.ZodType<FrontMatter> = z.strictObject({
  title: z.string().optional(),
  layout: z.enum(['default', 'page', 'blog', 'data']).default('default'),
  weight: z.number().default(100),
  slug: z.string().optional(),
  hidden: z.boolean().default(false),
  section: z.string().optional(),
  date: z.string().optional(),
  summary: z.string().optional(),
  image: z.string().optional(),
});

export interface Page {
  readonly facts: FrontMatter;
  readonly body: string;
  /** The line of the file on which the body begins. */
  readonly bodyLine: number;
}

/** A page of Markdown with YAML between lines of three dashes before it, or without. @throws FactoryError `bad-config` by file and line */
export function parsePage(text: string, file: string): Page {
  const found = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text.replace(/^\uFEFF/, ''));
  const yaml = found?.[1] ?? '';
  // The first line of the YAML is the second of the file.
  const facts = parseConfig(schema, yaml.trim() === '' ? '{}' : `\n${yaml}`, file);
  const body = found == null ? text : text.slice(found[0].length);
  return { facts, body, bodyLine: found == null ? 1 : found[0].split('\n').length };
}
