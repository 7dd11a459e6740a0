/** Paces what is costly to begin: upgrades, event streams, new sessions, joins. */
export abstract class HandshakePacing {
  /**
   * @param isThere whether whoever waits is still connected; who is not leaves the queue
   * @param begun whether it has had a turn before, of which nothing comes without this one: it goes before those who have not
   * @returns undefined where nothing is paced, or it is somebody's turn at once; else what resolves when it is
   * @throws GatewayError `overloaded` with the milliseconds after which to come back, at once or later
   */
  abstract enter(isThere: () => boolean, begun?: boolean): Promise<void> | undefined;
}
