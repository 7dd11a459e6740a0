import { Bus } from './event-bus.js';

/** In the place of a bus: nobody hears anything. The data plane does its work all the same. */
export class MuteBus extends Bus {
  override emit(): void {}

  override hears(): boolean {
    return false;
  }

  override on(): () => void {
    return () => undefined;
  }
}
