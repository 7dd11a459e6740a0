import { CHANNEL_FAULTS } from './channel-faults.js';
import { ChannelGround } from './channel-ground.js';

describe('faults of native and Phoenix clients: what they say', () => ChannelGround.tryAll(CHANNEL_FAULTS));
