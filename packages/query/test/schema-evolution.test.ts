import { describe, expect, it } from 'vitest';
import { evolve } from '../src/schema-evolution.ts';

describe('evolve()', () => {
  it('appends new columns, widens types and adds up nulls', () => {
    expect(evolve(
      [{ name: 'id', type: 'INTEGER', nulls: 1, unit: 'm' }, { name: 'gone', type: 'VARCHAR', nulls: 0 }],
      [{ name: 'new', type: 'DOUBLE', nulls: 2 }, { name: 'ID', type: 'BIGINT', nulls: 3, description: 'number' }],
      { before: 10, after: 5 },
    )).toEqual({
      kind: 'merged',
      columns: [
        { name: 'id', type: 'BIGINT', nulls: 4, unit: 'm', description: 'number' },
        { name: 'gone', type: 'VARCHAR', nulls: 5 },
        { name: 'new', type: 'DOUBLE', nulls: 12 },
      ],
    });
  });

  it('shows both schemas when a column contradicts', () => {
    const result = evolve(
      [{ name: 'time', type: 'TIMESTAMP', nulls: 0 }, { name: 'value', type: 'DOUBLE', nulls: 0 }, { name: 'old', type: 'DATE', nulls: 0 }],
      [{ name: 'time', type: 'TIMESTAMP', nulls: 0 }, { name: 'value', type: 'VARCHAR', nulls: 0 }, { name: 'note', type: 'VARCHAR', nulls: 0 }],
    );
    expect(result).toEqual({
      kind: 'contradiction',
      before: { name: 'value', type: 'DOUBLE', nulls: 0 },
      after: { name: 'value', type: 'VARCHAR', nulls: 0 },
      comparison: [
        '  column  before     after',
        '  time    TIMESTAMP  TIMESTAMP',
        '! value   DOUBLE     VARCHAR',
        '- old     DATE',
        '+ note               VARCHAR',
      ].join('\n'),
    });
  });
});
