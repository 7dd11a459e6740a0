import { Gap, Position } from './protocol.js';

export type Verdict = 'dispatch' | 'duplicate' | 'hole';

/**
 * Decides what is dispatched: of the current epoch exactly the message after the last one, so each once and in order,
 * whatever connections bring twice, late or not at all. Pure: no time, no input or output.
 */
export class Sequencer {
  private current: Position | undefined;

  /** @param position where an earlier life of this client stood */
  constructor(position?: Position) {
    this.current = position && { ...position };
  }

  /** The last message taken; undefined before the first welcome. */
  get position(): Position | undefined {
    return this.current && { ...this.current };
  }

  /**
   * A connection says where it begins. Only a client that has dispatched nothing takes that over: others are told by a
   * gap.
   */
  welcome(epoch: string, next: number): void {
    const { current } = this;
    if (!current || (current.last < 0 && current.epoch !== epoch)) this.current = { epoch, last: next - 1 };
  }

  /** `dispatch` takes the message. */
  offer(epoch: string, sequence: number): Verdict {
    this.welcome(epoch, sequence);
    const current = this.current as Position;
    if (epoch !== current.epoch) return 'hole';
    if (sequence <= current.last) return 'duplicate';
    if (sequence > current.last + 1) return 'hole';
    current.last = sequence;
    return 'dispatch';
  }

  /**
   * Messages are lost: go on behind them.
   * @returns what to tell the application; undefined where it knows already, or lost nothing
   */
  gap(gap: Gap): Gap | undefined {
    const { current } = this;
    if (current?.epoch === gap.epoch) {
      if (gap.next <= current.last + 1) return undefined;
      const from = current.last + 1;
      current.last = gap.next - 1;
      return { ...gap, from, to: gap.next - 1 };
    }
    this.current = { epoch: gap.epoch, last: gap.next - 1 };
    return { ...gap };
  }
}
