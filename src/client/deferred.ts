export interface Deferred<Value> {
  /** Whoever does not wait for it is not ended by its rejection. */
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

export function deferred<Value>(): Deferred<Value> {
  let settle!: Omit<Deferred<Value>, 'promise'>;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, ...settle };
}

/** A promise that is rejected already, and may be ignored. */
export function refused<Value>(reason: unknown): Promise<Value> {
  const { promise, reject } = deferred<Value>();
  reject(reason);
  return promise;
}
