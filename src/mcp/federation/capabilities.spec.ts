import { instructionsOf, Introduction, unionOf } from './capabilities.js';

const offering = (capabilities: unknown): Introduction => ({ protocolVersion: '2025-11-25', capabilities });
const LISTS = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true },
};

describe('unionOf', () => {
  it('offers what any unit offers, and changes of its lists', () => {
    expect(unionOf([offering({ tools: {}, logging: {} }), offering({ prompts: {}, completions: {} })])).toEqual({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      logging: {},
      completions: {},
    });
  });

  it('offers nothing where nobody does', () => {
    expect(unionOf([])).toEqual({});
    expect(unionOf([offering({}), offering({})])).toEqual({});
  });

  it('takes it that a unit that has not answered yet may list anything, and can do nothing else', () => {
    expect(unionOf([undefined])).toEqual(LISTS);
    expect(unionOf([undefined, offering({ logging: {} })])).toEqual({ ...LISTS, logging: {} });
  });

  it('offers subscriptions where one unit does, in so many words', () => {
    const resources = (...subscribe: unknown[]): unknown =>
      unionOf(subscribe.map(value => offering({ resources: { subscribe: value } }))).resources;
    expect(resources(false, true)).toEqual({ listChanged: true, subscribe: true });
    expect(resources(false, undefined, 'true', 1, {})).toEqual({ listChanged: true });
  });

  it.each([null, [], 7, 'tools', JSON.parse('{"__proto__":{"tools":{}}}')])('makes nothing of %j', capabilities => {
    expect(unionOf([offering(capabilities)])).toEqual({});
  });

  it('passes on nothing that it does not know', () => {
    const strange = JSON.parse('{"experimental":{"a":{}},"constructor":{},"__proto__":{},"extensions":{},"tools":[1]}');
    expect(unionOf([offering(strange)])).toEqual({ tools: { listChanged: true } });
  });

  describe('of tasks', () => {
    const tasks = (...all: unknown[]): unknown => unionOf(all.map(one => offering({ tasks: one }))).tasks;

    it('offers calls and cancelling where a unit does, and never lists', () => {
      expect(tasks({ list: {}, cancel: {} }, { requests: { tools: { call: {} } } })).toEqual({
        cancel: {},
        requests: { tools: { call: {} } },
      });
      expect(tasks({ list: {} })).toEqual({});
      expect(tasks({ requests: { sampling: {} } }, { requests: [] }, { requests: null })).toEqual({});
    });

    it('is not there where no unit has them', () => expect(tasks(undefined, undefined)).toBeUndefined());
  });
});

describe('instructionsOf', () => {
  const unit = (name: string, instructions: unknown): { unit: string; introduction: Introduction } => ({
    unit: name,
    introduction: { instructions },
  });

  it('has each under the name of its unit', () => {
    expect(instructionsOf([unit('a', 'Do.'), unit('b', 'Do not.')])).toBe('# a\nDo.\n\n# b\nDo not.');
  });

  it('leaves out units that said nothing, or no text', () => {
    const silent = [undefined, '', null, 7, {}, ['x']].map((said, i) => unit(`u${i}`, said));
    expect(instructionsOf([...silent, unit('last', 'Here.')])).toBe('# last\nHere.');
  });

  it('is undefined where nobody said anything', () => {
    expect(instructionsOf([])).toBeUndefined();
    expect(instructionsOf([unit('a', ''), { unit: 'b', introduction: undefined }])).toBeUndefined();
  });

  it('is no longer than 16,384 characters', () => {
    expect(instructionsOf([unit('a', 'x'.repeat(10_000)), unit('b', 'y'.repeat(10_000))])).toHaveLength(16_384);
  });
});
