import { setTimeout } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { faultOf, s3Error } from './s3-error.ts';

/** A bucket below a prefix, and how requests to it are sent. */
export interface S3Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly label: string;
  readonly signal: AbortSignal | undefined;
  /** The whole key of a path. */
  key(path: string): string;
}

/** What every request names. */
export function placeOf(bucket: S3Bucket, path: string): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: bucket.bucket, Key: bucket.key(path) };
}

/** Runs requests and turns what they fail with into an error of this project. */
export async function attempt<T>(bucket: S3Bucket, verb: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw s3Error(error, verb, bucket.label, path, bucket.signal);
  }
}

/** The options that every request takes. */
export function sendOptions({ signal }: S3Bucket): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

const CONFLICT_ATTEMPTS = 8;
const CONFLICT_MILLIS = 50;

/**
 * Sends a write with the condition that there is no object.
 *
 * @returns `created`, `exists`, or `uncertain`: there is one, but an attempt before may have made it and only its answer was lost
 */
export async function sendConditional(
  send: () => Promise<unknown>, signal: AbortSignal | undefined,
): Promise<'created' | 'exists' | 'uncertain'> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      await send();
      return 'created';
    } catch (error) {
      const { status, attempts } = faultOf(error);
      if (status === 412) return attempts > 1 || conflicts > 0 ? 'uncertain' : 'exists';
      // Another write of the same name is under way: which of them wins shows when it is over.
      if (status !== 409 || conflicts >= CONFLICT_ATTEMPTS) throw error;
      await setTimeout(CONFLICT_MILLIS * 2 ** Math.min(conflicts, 5), undefined, signal === undefined ? {} : { signal });
    }
  }
}
