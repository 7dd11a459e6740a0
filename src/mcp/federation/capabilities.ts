import { asObject } from './client-profile.js';

/** What a unit said in answer to `initialize`; undefined while it has not. */
export type Introduction = Readonly<Record<string, unknown>> | undefined;

/** Characters of the instructions of all units together. */
const MAX_INSTRUCTIONS = 16_384;

/**
 * What several units offer together. Lists may always change, because units come and go; of a unit that has not
 * answered yet it is assumed that it offers the three things that can be listed, empty until it does.
 */
export function unionOf(introductions: readonly Introduction[]): Record<string, object> {
  const offered = introductions.map(one =>
    one ? asObject(one.capabilities) : { tools: {}, prompts: {}, resources: {} },
  );
  const has = (name: string): boolean => offered.some(one => one[name] !== undefined);
  const union: Record<string, object> = {};
  for (const name of ['tools', 'prompts'] as const) if (has(name)) union[name] = { listChanged: true };
  if (has('resources')) {
    const subscribe = offered.some(({ resources }) => asObject(resources).subscribe === true);
    union.resources = { listChanged: true, ...(subscribe && { subscribe }) };
  }
  for (const name of ['logging', 'completions'] as const) if (has(name)) union[name] = {};
  const tasks = taskUnion(offered.map(({ tasks }) => tasks).filter(one => one !== undefined));
  if (tasks) union.tasks = tasks;
  return union;
}

/** MCP 2025-11-25, tasks: listing is left out, because task lists of several units cannot be told apart by a client. */
function taskUnion(tasks: readonly unknown[]): object | undefined {
  if (tasks.length === 0) return undefined;
  const calls = tasks.some(one => asObject(asObject(asObject(one).requests).tools).call !== undefined);
  const cancel = tasks.some(one => asObject(one).cancel !== undefined);
  return { ...(cancel && { cancel: {} }), ...(calls && { requests: { tools: { call: {} } } }) };
}

/** The instructions of all units, each under its unit's name. */
export function instructionsOf(units: readonly { unit: string; introduction: Introduction }[]): string | undefined {
  const parts = units.flatMap(({ unit, introduction }) => {
    const text = introduction?.instructions;
    return typeof text === 'string' && text !== '' ? [`# ${unit}\n${text}`] : [];
  });
  return parts.length === 0 ? undefined : parts.join('\n\n').slice(0, MAX_INSTRUCTIONS);
}
