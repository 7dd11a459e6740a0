/**
 * tools/call while an instance of the unit dies: whoever runs this kills one meanwhile (`npm run load:k6` does). What may be sent again is
 * sent again, so that no call fails; none takes longer than the second that a failover may.
 *
 *   k6 run -e GATEWAY_URL=http://127.0.0.1:4001/mcp -e VUS=10 -e DURATION=20s load/k6/failover.js
 */
import { options as calls } from './common.js';

export { default } from './tools-call.js';
export const options = {
  ...calls,
  thresholds: { ...calls.thresholds, tool_call_duration: ['p(99)<100', 'max<1000'] },
};
