import { CHANNEL_STORMS } from './channel-storms.js';
import { ChannelGround } from './channel-ground.js';

describe('faults of native and Phoenix clients: slow, many, large, gone', () => ChannelGround.tryAll(CHANNEL_STORMS));
