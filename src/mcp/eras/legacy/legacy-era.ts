import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';
import { LEGACY_VERSIONS } from '../../../kernel/mcp-versions.js';
import { Era, Meaning, StateChange } from '../era.js';

/** Notifications about the unit as a whole (MCP 2025-11-25, list changes, tasks, URL elicitation). */
const ABOUT_THE_UNIT = /^notifications\/(tools|prompts|resources|tasks)\/|^notifications\/elicitation\/complete$/;

const REQUESTS: ReadonlyMap<string, Meaning> = new Map([
  ['initialize', 'open'],
  ['ping', 'liveness'],
]);
const NOTIFICATIONS: ReadonlyMap<string, Meaning> = new Map([
  ['notifications/initialized', 'opened'],
  ['notifications/cancelled', 'cancel'],
  ['notifications/progress', 'progress'],
]);

const PROBE = JsonRpcMessage.of({
  id: 0,
  method: 'initialize',
  params: { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo: { name: 'viable-probe', version: '1' } },
});
const READY = JsonRpcMessage.of({ method: 'notifications/initialized' });

/** MCP 2024-11-05 to 2025-11-25: sessions that begin with `initialize`. */
export class LegacyEra extends Era {
  readonly liveness = 'ping';

  classify({ kind, method }: JsonRpcMessage): Meaning {
    switch (kind) {
      case 'request':
        return REQUESTS.get(method) ?? 'call';
      case 'notification':
        return NOTIFICATIONS.get(method) ?? 'notice';
      case 'response':
        return 'answer';
    }
  }

  toolOf({ method, params }: JsonRpcMessage): string | undefined {
    const name = method === 'tools/call' ? params.name : undefined;
    return typeof name === 'string' ? name : undefined;
  }

  changeBy({ method, params }: JsonRpcMessage): StateChange | undefined {
    if (method === 'logging/setLevel') return { is: 'level' };
    const { uri } = params;
    if (typeof uri !== 'string') return undefined;
    if (method === 'resources/subscribe') return { is: 'subscribe', uri };
    return method === 'resources/unsubscribe' ? { is: 'unsubscribe', uri } : undefined;
  }

  /** `tasks/result` is answered when the task has ended (2025-11-25, tasks). */
  waitsForOthers({ method }: JsonRpcMessage): boolean {
    return method === 'tasks/result';
  }

  listsTools(method: string): boolean {
    return method === 'tools/list';
  }

  concernsUnit({ method }: JsonRpcMessage): boolean {
    return ABOUT_THE_UNIT.test(method);
  }

  probe(): JsonRpcMessage {
    return PROBE;
  }

  ready(): JsonRpcMessage {
    return READY;
  }

  cancelled(requestId: number, reason?: string): JsonRpcMessage {
    const params = { requestId, ...(reason !== undefined && { reason }) };
    return JsonRpcMessage.of({ method: 'notifications/cancelled', params });
  }
}
