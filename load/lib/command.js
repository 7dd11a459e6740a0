/** What all the commands here do alike: numbers with bounds, progress, and an end that takes their processes along. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

export const progress = text => process.stderr.write(`${text}\n`);

/** `2 × model, Node v20`, for the head of a report. */
export function machine() {
  return `${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}`;
}

/**
 * @param numbers name → [default, least, most]; whole numbers unless `least` has a fraction. Bounds, so that a slip of
 *   the finger does not start a run of a day.
 * @param texts name → default, or undefined
 * @param flags names of what is there or not
 */
export function options(numbers, texts = {}, flags = []) {
  const text = fallback => ({ type: 'string', ...(fallback === undefined ? {} : { default: String(fallback) }) });
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(Object.entries(numbers).map(([name, [fallback]]) => [name, text(fallback)])),
      ...Object.fromEntries(Object.entries(texts).map(([name, fallback]) => [name, text(fallback)])),
      ...Object.fromEntries(flags.map(name => [name, { type: 'boolean' }])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  for (const [name, [, least, most]] of Object.entries(numbers)) {
    const value = Number(values[name]);
    const fits = value >= least && value <= most && (least % 1 !== 0 || Number.isInteger(value));
    if (!fits) throw new Error(`--${name}: ${least} to ${most}, not ${values[name]}`);
    values[name] = value;
  }
  return values;
}

/** Runs a command to its exit code: what `main` resolves with, 1 when it throws, 130 when a signal ends it. */
export async function command(main) {
  // Ending by `exit` lets the processes we started be ended too.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  let code;
  try {
    code = (await main()) ?? 0;
  } catch (thrown) {
    progress(thrown.message);
    code = 1;
  }
  // Not exitCode: a process that could not be ended in order would keep us waiting. What is written goes out first.
  process.stdout.write('', () => process.exit(code));
}
