import { expect, test } from 'vitest';
import { isSetup, takeApart } from '../../src/repl/statement.ts';

test.each([
  ["select ';' ; select 1", ["select ';' ;"], ' select 1'],
  ['select 1; -- ; no\n', ['select 1;'], ''],
  ['select $$ ; $$;', ['select $$ ; $$;'], ''],
  ['select $a$ ; $$ $a$;', ['select $a$ ; $$ $a$;'], ''],
  ['select "a;""b";', ['select "a;""b";'], ''],
  ['/* ; */ ; ;', [], ''],
  ["select 'it''s;", [], "select 'it''s;"],
])('takeApart(%j) ends statements at semicolons outside of quotes and comments', (text, statements, rest) => {
  expect(takeApart(text)).toMatchObject({ statements, rest });
});

test('takeApart() tells the quote that is open and what stands in it', () => {
  expect(takeApart("from '/sensors/a").open).toEqual({ quote: "'", text: '/sensors/a' });
  expect(takeApart("from '/a' where").open).toBeUndefined();
});

test('isSetup() knows statements that prepare a session', () => {
  expect(['create temp view a as select 1;', ' SET VARIABLE x = 1;', 'create or replace temporary macro f(x) as x;'].map(isSetup)).toEqual([true, true, true]);
  expect(['select 1;', 'create table a (b int);'].map(isSetup)).toEqual([false, false]);
});
