import { CheckedPolicies } from '../../config/policy.js';
import { Regulated } from '../../../test/support/regulated.js';
import { Identity } from './identity.js';
import { Modes } from './modes.js';
import { PolicyBook } from './policy-store.js';
import { Strain } from './pressure-signals.js';

describe('the modes', () => {
  const calm: Strain = { loopDelay: 0, buffers: 0, pains: [], errorRate: 0, heap: 0.2, freeMemory: 0.5 };
  const { bus, clock, desk } = new Regulated();
  const book = new PolicyBook(new CheckedPolicies().parse({}), 'built-in', desk, bus, clock);

  it.each([{ loopDelay: 150 }, { heap: 0.93 }, { freeMemory: 0.01 }])(
    'say that the gateway is short with %j, though the mode is normal: what S3 saves then is no thrift',
    short => {
      const modes = new Modes(book, desk, new Identity(book, bus), bus, clock);
      modes.look(calm);
      expect(modes.strained).toBe(false);
      modes.look({ ...calm, ...short });
      expect(modes.strained).toBe(true);
      expect(desk.settings()).toEqual([]);
    },
  );
});
