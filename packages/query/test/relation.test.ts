import { expect, it } from 'vitest';
import { VERSION_COLUMN } from '../src/relation.ts';

it('VERSION_COLUMN is the name that the format page gives', () => {
  expect(VERSION_COLUMN).toBe('__duckpond_version');
});
