import { Decision, AuditLog } from '../../kernel/ports/audit-log.js';

const decision = (i: number): Decision => ({ at: i, by: 's3', action: 'set pool_size', target: `t${i}`, why: `w${i}` });
const targets = async (auditLog: AuditLog, most: number): Promise<string[]> =>
  (await auditLog.recent(most)).map(({ target }) => target);

/** What every driver of the audit trail does. @param open a trail that keeps at least 100 decisions */
export function auditLogContract(name: string, open: () => AuditLog | Promise<AuditLog>): void {
  describe(`the audit trail: ${name}`, () => {
    let auditLog: AuditLog;
    beforeEach(async () => {
      auditLog = await open();
    });

    it('is empty at first', async () => {
      expect(await auditLog.recent(10)).toEqual([]);
    });

    it('gives the newest first, as many as are asked for', async () => {
      for (let i = 0; i < 5; i++) auditLog.note(decision(i));
      expect(await targets(auditLog, 2)).toEqual(['t4', 't3']);
      expect(await targets(auditLog, 100)).toEqual(['t4', 't3', 't2', 't1', 't0']);
      expect(await targets(auditLog, 0)).toEqual([]);
    });

    it('keeps everything that was said of a decision', async () => {
      const full = { ...decision(1), details: { value: 3, until: null, list: ['a'] } };
      auditLog.note(full);
      expect(await auditLog.recent(1)).toEqual([full]);
    });

    it('keeps the order of what came in the same millisecond', async () => {
      for (let i = 0; i < 3; i++) auditLog.note({ ...decision(i), at: 7 });
      expect(await targets(auditLog, 3)).toEqual(['t2', 't1', 't0']);
    });
  });
}
