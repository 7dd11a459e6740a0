import { Unit } from '../../kernel/ports/unit.js';
import { TaskRegistry } from './task-registry.js';

const [A, B] = ['a', 'b'].map(name => ({ name }) as Unit) as [Unit, Unit];
const unknown = expect.objectContaining({ code: 'unknown_name' });

describe('TaskRegistry', () => {
  let owners: TaskRegistry;
  beforeEach(() => {
    owners = new TaskRegistry();
  });

  it('knows whose a task is', () => {
    owners.note('1', A);
    owners.note('2', B);
    owners.note('1', A);
    expect([owners.of('1'), owners.of('2')]).toEqual([A, B]);
    expect(['1', '2', '3'].map(id => owners.has(id))).toEqual([true, true, false]);
  });

  it.each([['3'], ['__proto__'], ['constructor'], [''], [1], [undefined], [null], [['1']], [{ toString: () => '1' }]])(
    'knows no task %j of others',
    id => {
      owners.note('1', A);
      expect(owners.has(id)).toBe(false);
      expect(() => owners.of(id)).toThrow(unknown);
    },
  );

  it('gives one that two units claim to neither, whatever they say afterwards', () => {
    owners.note('1', A);
    owners.note('1', B);
    expect(() => owners.of('1')).toThrow(unknown);
    for (const unit of [A, B]) {
      owners.note('1', unit);
      expect(() => owners.of('1')).toThrow(unknown);
    }
    expect(owners.has('1')).toBe(true);
  });

  it.each([[1], [null], [undefined], [{}], [['1']], ['x'.repeat(1_025)]])('does not keep what is no id', id => {
    owners.note(id, A);
    expect(owners.has(id)).toBe(false);
  });

  it('keeps 1,024, and of more the newest', () => {
    for (let i = 0; i < 1_024; i++) owners.note(`${i}`, A);
    owners.note('0', A);
    expect([owners.has('0'), owners.has('1023')]).toEqual([true, true]);
    owners.note('1024', B);
    expect(['0', '1', '1024'].map(id => owners.has(id))).toEqual([false, true, true]);
    const long = 'x'.repeat(1_024);
    owners.note(long, B);
    expect([owners.of(long), owners.has('1'), owners.has('2')]).toEqual([B, false, true]);
  });
});
