import { StderrRedaction } from './stderr-redaction.js';

describe('StderrRedaction', () => {
  it('masks what the configuration has told the unit, wherever it stands', () => {
    const words = new StderrRedaction({ API_KEY: 'k-123456789', LONGER: 'k-123456789-and-more' });
    expect(words.masked('k-123456789: 401, not k-123456789-and-more')).toBe('***: 401, not ***');
  });

  it('masks each line of a value of several', () => {
    const words = new StderrRedaction({ KEY: '-----BEGIN-----\nMIIEvQIBADANBg\nshort\n-----END-----' });
    expect(words.masked('read MIIEvQIBADANBg, short')).toBe('read ***, short');
  });

  it('leaves short values: 1 is in every text', () => {
    expect(new StderrRedaction({ DEBUG: '1', EMPTY: '' }).masked('1 error')).toBe('1 error');
  });
});
