import { traceOf } from './trace-context.js';

const ID = '0af7651916cd43dd8448eb211c80319c';

it.each([
  [`00-${ID}-b7ad6b7169203331-01`, ID],
  [`cc-${ID}-b7ad6b7169203331-01-what the future brings`, ID],
  [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
  [`00-${ID.toUpperCase()}-b7ad6b7169203331-01`, undefined],
  [`00-${ID}-b7ad6b7169203331-01${'-x'.repeat(100)}`, undefined],
  ['', undefined],
  [7, undefined],
  [undefined, undefined],
])('reads %p', (traceparent, trace) => {
  expect(traceOf({ _meta: { traceparent } })).toBe(trace);
});

it.each([[{}], [{ _meta: null }], [{ _meta: 'x' }], [{ _meta: [] }]])('finds nothing in %j', params => {
  expect(traceOf(params)).toBeUndefined();
});
