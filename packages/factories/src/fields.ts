import { parseFormatUrl } from '@duckpond/query';
import { parseGlob } from '@duckpond/tinyfs';
import { z } from 'zod';
import { isReference } from './environment-reference.ts';

/** A secret: only as a reference to the environment, so that none is ever stored. */
export const secret: z.ZodType<string, string> = z.string().refine(isReference, {
  error: 'is a secret in plain text, a reference such as "${env:NAME}" was wanted',
}).describe('A secret: a reference to the environment such as `${env:NAME}`, looked up when it is used');

/** An absolute path, a pattern or a URL of a format. */
export const source: z.ZodType<string, string> = z.string().superRefine((text, context) => {
  const message = sourceFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
}).describe('An absolute path, a pattern such as `/a/*.series`, or a URL such as `csv:///a/*.csv`');

function sourceFault(text: string): string | undefined {
  const shown = JSON.stringify(text);
  if (!text.startsWith('/') && !/^[a-z+0-9]+:\/\/\//i.test(text)) {
    return `is ${shown}, an absolute path, a pattern or a URL such as "csv:///a/*.csv" was wanted`;
  }
  try {
    parseGlob(text.startsWith('/') ? text : parseFormatUrl(text).path);
    return undefined;
  } catch (error) {
    // What is wrong stands behind the colon; what it is wrong with is said by the field.
    return `is ${shown}: ${(error instanceof Error ? error.message : String(error)).replace(/^Cannot [^:]*"(?:[^"\\]|\\.)*": /, '')}`;
  }
}

/** A column. */
export const columnName: z.ZodType<string, string> = z.string().min(1);

const isInstant = (text: string): boolean => !Number.isNaN(Date.parse(text)) && /^\d{4}-\d{2}-\d{2}/.test(text);

/** A moment. */
export const instant: z.ZodType<string, string> = z.string().refine(isInstant, {
  error: (issue) => `is ${JSON.stringify(issue.input)}, a time such as "2024-01-31T00:00:00Z" was wanted`,
}).describe('A time as RFC 3339 has it; without a zone it is UTC');
