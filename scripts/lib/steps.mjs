/** What a check says of its steps. */
let done = 0;

export const say = text => process.stdout.write(`${text}\n`);

/** @param work returns what was found; a text is said */
export async function step(title, work) {
  const startedAt = performance.now();
  const found = await work();
  done++;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`ok  ${title}${typeof found === 'string' ? `: ${found}` : ''} (${seconds} s)`);
  return found;
}

export const summary = () => `${done} of ${done}`;
