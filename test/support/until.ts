import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition, looking again every 10 ms; throws when it has not come true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  deadline = 60_000,
): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not come true within ${deadline} ms`);
    await delay(10);
  }
}
