/** What the clients say, as text: a generator that built objects first would be measured along with the gateway. */
export const PROTOCOL_VERSION = '2025-11-25';

const CLIENT = { name: 'viable-bench', version: '1.0.0' };

/** `initialize` of a client that has these capabilities. */
export function initializeWith(capabilities) {
  const params = { protocolVersion: PROTOCOL_VERSION, capabilities, clientInfo: CLIENT };
  return JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
}

export const INITIALIZE = initializeWith({});

export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/**
 * @param text must need no escapes in JSON
 * @param tool an echo by another name
 */
export function callOf(id, text, tool = 'echo') {
  return (
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call",` +
    `"params":{"name":"${tool}","arguments":{"message":"${text}"}}}`
  );
}

/** Whether an answer is the one to this call and no other's. */
export function answers(message, id, text) {
  return message !== undefined && message.id === id && message.result?.content?.[0]?.text === text;
}
