import { GatewayError } from '../../kernel/errors.js';
import { Transitions } from '../../kernel/transitions.js';
import { Lease } from '../../pool/lease.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';

/**
 * What a link is doing. `opening`: a lease is checked out, and the unit has not answered `initialize`. `restoring`: it is
 * told what the link before knew. `open`: calls go by it. `draining`: another link has taken its place, and it ends with
 * the last of its calls. `lost`: the unit or the way to it failed. `closed`: the gateway gave it up.
 */
export type LinkState =
  | { is: 'opening'; handshake: LegacyHandshake; lease: Lease | undefined }
  | { is: 'restoring'; lease: Lease }
  | { is: 'open'; lease: Lease }
  | { is: 'draining'; lease: Lease }
  | { is: 'lost' }
  | { is: 'closed' };

/** What happens to a link. */
export type LinkEvent = 'initialized' | 'restored' | 'left' | 'failed' | 'given_up';

export const LINK_TRANSITIONS: Transitions<LinkState['is'], LinkEvent> = {
  opening: { initialized: 'restoring', failed: 'lost', given_up: 'closed' },
  restoring: { restored: 'open', failed: 'lost', given_up: 'closed' },
  open: { left: 'draining', failed: 'lost', given_up: 'closed' },
  draining: { failed: 'lost', given_up: 'closed' },
  lost: {},
  closed: {},
};

/**
 * How a link is that lives. A suspect one has failed a call: the unit is asked whether it is still there (`asking`), or
 * takes no connections any more while calls are in flight there (`refusing`: why), or both.
 */
export type LinkHealth =
  { is: 'well' } | { is: 'suspect'; why: GatewayError; since: number; asking: boolean; refusing: boolean };

export const WELL: LinkHealth = { is: 'well' };
