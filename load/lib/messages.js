/** What the clients say, as text: a generator that built objects first would be measured along with the gateway. */
export const PROTOCOL_VERSION = '2025-11-25';

const CLIENT = { name: 'viable-bench', version: '1.0.0' };

export const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: CLIENT },
});

export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/** @param text must need no escapes in JSON */
export function callOf(id, text) {
  return (
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call",` + `"params":{"name":"echo","arguments":{"message":"${text}"}}}`
  );
}

/** Whether an answer is the one to this call and no other's. */
export function answers(message, id, text) {
  return message !== undefined && message.id === id && message.result?.content?.[0]?.text === text;
}
