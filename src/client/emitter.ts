export type Handler<Payload> = (payload: Payload) => unknown;

export interface ListenOptions {
  /** Ends the listening. */
  signal?: AbortSignal;
}

/** Typed events. A handler that fails, at once or by its promise, is told to `onFailure` and harms nobody else. */
export class Emitter<Events extends object> {
  private readonly handlers = new Map<keyof Events, Map<Handler<never>, () => void>>();

  constructor(private readonly onFailure: (error: unknown, event: keyof Events) => void) {}

  /** @returns what ends the listening */
  on<Name extends keyof Events>(
    name: Name,
    handler: Handler<Events[Name]>,
    { signal }: ListenOptions = {},
  ): () => void {
    if (signal?.aborted) return () => undefined;
    // A wrapper of its own: the same function may listen twice and is taken off once.
    const own: Handler<Events[Name]> = payload => handler(payload);
    const all = this.handlers.get(name) ?? new Map<Handler<never>, () => void>();
    this.handlers.set(name, all);
    const off = (): void => {
      all.delete(own);
      signal?.removeEventListener('abort', off);
    };
    all.set(own, off);
    signal?.addEventListener('abort', off);
    return off;
  }

  has(name: keyof Events): boolean {
    return (this.handlers.get(name)?.size ?? 0) > 0;
  }

  /** @returns fulfilled when every handler is done; never rejected */
  async emit<Name extends keyof Events>(name: Name, payload: Events[Name]): Promise<void> {
    const all = [...(this.handlers.get(name)?.keys() ?? [])] as Handler<Events[Name]>[];
    await Promise.all(all.map(handler => this.call(name, handler, payload)));
  }

  /** Ends all listening. */
  clear(): void {
    for (const all of this.handlers.values()) for (const off of [...all.values()]) off();
  }

  private async call<Name extends keyof Events>(
    name: Name,
    handler: Handler<Events[Name]>,
    payload: Events[Name],
  ): Promise<void> {
    try {
      await handler(payload);
    } catch (error) {
      this.onFailure(error, name);
    }
  }
}
