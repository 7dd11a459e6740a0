/** What is needed of `ThrottlerStorage`. */
export abstract class Throttle {
  /** Durations in ms; `timeToBlockExpire` in seconds. */
  abstract increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    name: string,
  ): Promise<{ isBlocked: boolean; timeToBlockExpire: number }>;
}
