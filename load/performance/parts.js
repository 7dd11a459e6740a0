/** The parts of the page, in its order. */
import { calls } from './calls.js';
import { control } from './control.js';
import { failover } from './failover.js';
import { idle } from './idle.js';
import { k6 } from './k6.js';
import { openLoop } from './open-loop.js';
import { fanOut, sequenced } from './push.js';

export const PARTS = [calls, openLoop, fanOut, sequenced, idle, failover, control, k6];
