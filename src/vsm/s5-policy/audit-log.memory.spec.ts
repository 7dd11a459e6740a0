import { auditLogContract } from './audit-log.contract.js';
import { MemoryAuditLog } from './audit-log.memory.js';

auditLogContract('memory', () => new MemoryAuditLog(100));

describe('MemoryTrail', () => {
  it('forgets the oldest, and never gives more than it keeps', async () => {
    const auditLog = new MemoryAuditLog(10);
    for (let at = 0; at < 1_000; at++) auditLog.note({ at, by: 's5', action: 'a', target: '', why: '' });
    const kept = await auditLog.recent(100);
    expect(kept.map(({ at }) => at)).toEqual([999, 998, 997, 996, 995, 994, 993, 992, 991, 990]);
  });
});
