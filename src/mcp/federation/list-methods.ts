import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { applyEdits, elements, locate, skipSpace } from '../../kernel/json-rpc/json-text.js';

/** What a server lists, by the method that lists it; the value is the member of the result that holds the entries. */
export const LISTS = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
} as const;

export type ListMethod = keyof typeof LISTS;

export const LIST_METHODS = Object.keys(LISTS) as ListMethod[];

/** The server capability without which there is nothing to list. */
export const LIST_CAPABILITY: Record<ListMethod, 'tools' | 'prompts' | 'resources'> = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resources',
};

/** The lists that a `list_changed` notification speaks of. */
export const CHANGES: ReadonlyMap<string, readonly ListMethod[]> = new Map([
  ['notifications/tools/list_changed', ['tools/list']],
  ['notifications/prompts/list_changed', ['prompts/list']],
  ['notifications/resources/list_changed', ['resources/list', 'resources/templates/list']],
]);

export function isListMethod(method: string): method is ListMethod {
  return Object.hasOwn(LISTS, method);
}

/** One tool, prompt, resource or template: its JSON text as the unit sent it, and what names it. */
export interface Listed {
  text: string;
  /** `name`, `uri` or `uriTemplate`. */
  key: string;
}

const KEYS: Record<ListMethod, string> = {
  'tools/list': 'name',
  'prompts/list': 'name',
  'resources/list': 'uri',
  'resources/templates/list': 'uriTemplate',
};

/** The entries of a list result, as text, so that what the gateway does not know of passes. Those without a name are left out. */
export function entriesOf(answer: JsonRpcMessage, method: ListMethod, most = Infinity): Listed[] {
  const { text } = answer;
  const span = locate(text, skipSpace(text, 0), ['result', LISTS[method]]);
  if (!span || text[span.start] !== '[') return [];
  const listed: Listed[] = [];
  for (const { start, end } of elements(text, span.start)) {
    if (text[start] !== '{') continue;
    if (listed.length >= most) break;
    // A copy: a slice would keep the whole page in memory for as long as one entry is known.
    const entry = Buffer.from(text.slice(start, end)).toString();
    const key = (JSON.parse(entry) as Record<string, unknown>)[KEYS[method]];
    if (typeof key === 'string' && key !== '') listed.push({ text: entry, key });
  }
  return listed;
}

/** The same entry under another name. */
export function renamed({ text }: Listed, name: string): string {
  const span = locate(text, 0, ['name'])!;
  return applyEdits(text, [{ ...span, value: JSON.stringify(name) }]);
}
