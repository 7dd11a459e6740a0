import { checkResumeToken, issueResumeToken, readResumeToken } from './resume-token.js';

const NOW = 1_700_000_000_000;

describe('a resume token', () => {
  it('is base64(session_id:secret:expires_at) with a secret of 32 characters', () => {
    const { token } = issueResumeToken('s1', NOW);
    expect(Buffer.from(token, 'base64').toString()).toMatch(/^s1:[\w-]{32}:1700000000000$/);
    expect(issueResumeToken('s1', NOW).token).not.toBe(token);
  });

  it('is kept as a hash alone', () => {
    const { token, stub } = issueResumeToken('s1', NOW);
    const { secret } = readResumeToken(token);
    expect(JSON.stringify(stub)).not.toContain(secret);
  });

  it('is known again until it expires', () => {
    const { token, stub } = issueResumeToken('s1', NOW);
    const claim = readResumeToken(token);
    expect(claim.session).toBe('s1');
    expect(() => checkResumeToken(claim, [stub], NOW - 1)).not.toThrow();
    expect(() => checkResumeToken(claim, [stub], NOW)).toThrow(
      expect.objectContaining({ code: 'resume_token_expired' }),
    );
  });

  it('is not believed about when it expires', () => {
    const { token, stub } = issueResumeToken('s1', NOW);
    const { secret } = readResumeToken(token);
    const forged = readResumeToken(Buffer.from(`s1:${secret}:${NOW * 2}`).toString('base64'));
    expect(() => checkResumeToken(forged, [stub], NOW + 1)).toThrow(
      expect.objectContaining({ code: 'resume_token_expired' }),
    );
  });

  it('with another secret is none', () => {
    const { stub } = issueResumeToken('s1', NOW);
    const other = readResumeToken(issueResumeToken('s1', NOW).token);
    expect(() => checkResumeToken(other, [stub], NOW - 1)).toThrow(
      expect.objectContaining({ code: 'invalid_resume_token' }),
    );
  });

  it.each(['', 'x', 'a:b:c', Buffer.from('s1:short:5').toString('base64'), '\u0000'.repeat(10_000)])(
    'is not %j',
    text => {
      expect(() => readResumeToken(text)).toThrow(expect.objectContaining({ code: 'invalid_resume_token' }));
    },
  );
});
