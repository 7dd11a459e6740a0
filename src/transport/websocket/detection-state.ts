import { assertTransition, Transitions } from '../../kernel/transitions.js';

export interface Received {
  data: Buffer;
  isBinary: boolean;
}

/**
 * What is known of a connection that may speak one of several protocols. `listening`: it has said nothing. `presumed`: it
 * has said nothing for so long that it is taken to speak native, unless something has come meanwhile. `opening`: it speaks
 * MCP, and what comes waits for its session. `settled`: whoever speaks its protocol has the socket, or it was refused.
 * `gone`: the socket is closed.
 */
export type DetectionState =
  | { is: 'listening' }
  | { is: 'presumed' }
  | { is: 'opening'; waiting: Received[]; bytes: number }
  | { is: 'settled' }
  | { is: 'gone' };

export type DetectionEvent = 'presume' | 'open' | 'settle' | 'go';

export const DETECTION_TRANSITIONS: Transitions<DetectionState['is'], DetectionEvent> = {
  listening: { presume: 'presumed', open: 'opening', settle: 'settled', go: 'gone' },
  presumed: { open: 'opening', settle: 'settled', go: 'gone' },
  opening: { settle: 'settled', go: 'gone' },
  settled: { go: 'gone' },
  gone: {},
};

/** The state of a detection, and the only ways from one to the next. */
export class DetectionLife {
  private current: DetectionState = { is: 'listening' };

  get state(): DetectionState {
    return this.current;
  }

  presume(): void {
    this.step('presume', { is: 'presumed' });
  }

  /** @returns what waits for the session, to which what comes meanwhile is added */
  open(first: Received): Received[] {
    const waiting = [first];
    this.step('open', { is: 'opening', waiting, bytes: 0 });
    return waiting;
  }

  settle(): void {
    this.step('settle', { is: 'settled' });
  }

  go(): void {
    this.step('go', { is: 'gone' });
  }

  private step(event: DetectionEvent, to: DetectionState): void {
    assertTransition(DETECTION_TRANSITIONS, 'a detection', this.current.is, event, to.is);
    this.current = to;
  }
}
