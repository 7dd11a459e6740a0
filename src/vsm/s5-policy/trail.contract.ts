import { Decision, Trail } from '../../kernel/ports/audit-log.js';

const decision = (i: number): Decision => ({ at: i, by: 's3', action: 'set pool_size', target: `t${i}`, why: `w${i}` });
const targets = async (trail: Trail, most: number): Promise<string[]> =>
  (await trail.recent(most)).map(({ target }) => target);

/** What every driver of the audit trail does. @param open a trail that keeps at least 100 decisions */
export function trailContract(name: string, open: () => Trail | Promise<Trail>): void {
  describe(`the audit trail: ${name}`, () => {
    let trail: Trail;
    beforeEach(async () => {
      trail = await open();
    });

    it('is empty at first', async () => {
      expect(await trail.recent(10)).toEqual([]);
    });

    it('gives the newest first, as many as are asked for', async () => {
      for (let i = 0; i < 5; i++) trail.note(decision(i));
      expect(await targets(trail, 2)).toEqual(['t4', 't3']);
      expect(await targets(trail, 100)).toEqual(['t4', 't3', 't2', 't1', 't0']);
      expect(await targets(trail, 0)).toEqual([]);
    });

    it('keeps everything that was said of a decision', async () => {
      const full = { ...decision(1), details: { value: 3, until: null, list: ['a'] } };
      trail.note(full);
      expect(await trail.recent(1)).toEqual([full]);
    });

    it('keeps the order of what came in the same millisecond', async () => {
      for (let i = 0; i < 3; i++) trail.note({ ...decision(i), at: 7 });
      expect(await targets(trail, 3)).toEqual(['t2', 't1', 't0']);
    });
  });
}
