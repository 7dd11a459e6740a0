import { CHANNEL_CROWDS } from './channel-crowds.js';
import { ChannelGround } from './channel-ground.js';

describe('faults of native and Phoenix clients: much for many', () => ChannelGround.tryAll(CHANNEL_CROWDS, 60_000));
