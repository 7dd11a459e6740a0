import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';
import { LegacyEra } from './legacy-era.js';

const era = new LegacyEra();
const request = (method: string, params: object = {}): JsonRpcMessage => JsonRpcMessage.of({ id: 1, method, params });
const notification = (method: string): JsonRpcMessage => JsonRpcMessage.of({ method });

describe('LegacyEra', () => {
  it.each([
    [request('initialize'), 'open'],
    [request('ping'), 'liveness'],
    [request('tools/call'), 'call'],
    [request('notifications/cancelled'), 'call'],
    [request('notifications/initialized'), 'call'],
    [notification('notifications/initialized'), 'opened'],
    [notification('notifications/cancelled'), 'cancel'],
    [notification('notifications/progress'), 'progress'],
    [notification('notifications/roots/list_changed'), 'notice'],
    [notification('initialize'), 'notice'],
    [notification('ping'), 'notice'],
    [JsonRpcMessage.of({ id: 1, result: {} }), 'answer'],
    [JsonRpcMessage.of({ id: 1, error: { code: 1, message: 'no' } }), 'answer'],
  ])('%j means %s', (message, meaning) => {
    expect(era.classify(message)).toBe(meaning);
  });

  it.each([
    [request('logging/setLevel', { level: 'debug' }), { is: 'level' }],
    [request('resources/subscribe', { uri: 'a:b' }), { is: 'subscribe', uri: 'a:b' }],
    [request('resources/unsubscribe', { uri: 'a:b' }), { is: 'unsubscribe', uri: 'a:b' }],
    [request('resources/subscribe', { uri: 7 }), undefined],
    [request('resources/read', { uri: 'a:b' }), undefined],
  ])('%j changes what a unit keeps: %j', (message, change) => {
    expect(era.changeBy(message)).toEqual(change);
  });

  it.each([
    [request('tools/call', { name: 'add' }), 'add'],
    [request('tools/call', { name: 7 }), undefined],
    [request('prompts/get', { name: 'add' }), undefined],
  ])('%j calls the tool %s', (message, tool) => {
    expect(era.toolOf(message)).toBe(tool);
  });

  it.each([
    ['notifications/tools/list_changed', true],
    ['notifications/resources/updated', true],
    ['notifications/tasks/status', true],
    ['notifications/elicitation/complete', true],
    ['notifications/message', false],
    ['notifications/progress', false],
  ])('%s is about the unit as a whole: %s', (method, isAbout) => {
    expect(era.concernsUnit(notification(method))).toBe(isAbout);
  });

  it('tells why a request is cancelled only where there is a reason', () => {
    expect(era.cancelled(7).params).toEqual({ requestId: 7 });
    expect(era.cancelled(7, 'late').params).toEqual({ requestId: 7, reason: 'late' });
  });
});
