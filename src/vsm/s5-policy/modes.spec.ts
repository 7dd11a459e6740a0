import { CheckedPolicies } from '../../config/policy.js';
import { Regulated } from '../../../test/support/regulated.js';
import { Identity } from './identity.js';
import { Modes } from './modes.js';
import { PolicyStore } from './policy-store.js';
import { PressureSignals } from './pressure-signals.js';

describe('the modes', () => {
  const calm: PressureSignals = { loopDelay: 0, buffers: 0, pains: [], errorRate: 0, heap: 0.2, freeMemory: 0.5 };
  const { bus, clock, leverWriter } = new Regulated();
  const book = new PolicyStore(new CheckedPolicies().parse({}), 'built-in', leverWriter, bus, clock);

  it.each([{ loopDelay: 150 }, { heap: 0.93 }, { freeMemory: 0.01 }])(
    'say that the gateway is short with %j, though the mode is normal: what S3 saves then is no thrift',
    short => {
      const modes = new Modes(book, leverWriter, new Identity(book, bus), bus, clock);
      modes.look(calm);
      expect(modes.strained).toBe(false);
      modes.look({ ...calm, ...short });
      expect(modes.strained).toBe(true);
      expect(leverWriter.settings()).toEqual([]);
    },
  );
});
