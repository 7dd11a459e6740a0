import { Args, Command, WHY, whyOf } from '../command.js';
import type { Stream } from '../api.js';
import type { Context } from '../context.js';
import { EXIT, ExitCode, Failure } from '../exit.js';
import { bytes, duration } from '../format.js';
import type { Progress } from '../progress.js';
import { saveToFile } from '../output-file.js';
import { harmless } from '../text.js';

/** Bytes that are taken. A snapshot is larger than the heap that it shows. */
const LARGEST = { cpu: 64 * 1024 ** 2, heap: 4 * 1024 ** 3 };
/** How long a heap is stopped before its snapshot begins to come, at most, in ms. */
const SNAPSHOT_BEGINS = 120_000;

const OUT = {
  alias: 'o',
  type: 'string',
  describe: 'The file to write, - for standard output; default: named by the time, in this folder',
} as const;

const cpu: Command = {
  syntax: 'cpu',
  about: 'What the gateway computes, as a .cpuprofile for the developer tools of Chrome or VS Code',
  options: { seconds: { type: 'number', default: 10, describe: 'For so long, at most 60' }, output: OUT, why: WHY },
  run: async (args, desk) => {
    const seconds = args.seconds as number;
    if (!(seconds >= 1 && seconds <= 60)) throw new Failure(EXIT.usage, '--seconds is 1 to 60.');
    const ms = seconds * 1_000;
    const body = { seconds, why: whyOf(args, desk) };
    return kept(args, 'cpuprofile', desk, async () => {
      const asked = desk.api.open('POST', '/mcp/admin/profile/cpu', body, { extra: ms, most: LARGEST.cpu });
      const note = (elapsed: number): string => `${duration(elapsed)} of ${duration(ms)}`;
      return (await desk.progress('profiling').during(asked, ms, note)).chunks;
    });
  },
};

const heap: Command = {
  syntax: 'heap',
  about: 'What the gateway holds, as a .heapsnapshot; it stands still meanwhile, and the file holds its secrets',
  options: { output: OUT, why: WHY },
  run: async (args, desk) => {
    const body = { why: whyOf(args, desk) };
    const limits = { extra: SNAPSHOT_BEGINS, most: LARGEST.heap };
    return kept(args, 'heapsnapshot', desk, async () => {
      const stream = await desk.api.open('POST', '/mcp/admin/profile/heap', body, limits);
      return counted(stream, desk.progress('downloading'));
    });
  },
};

async function* counted({ chunks, length }: Stream, bar: Progress): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const chunk of chunks) {
      read += chunk.length;
      bar.show(read, length ?? read, bytes(read));
      yield chunk;
    }
  } finally {
    bar.end();
  }
}

export const profile: Command = { syntax: 'profile', about: 'Look into the running process', below: [cpu, heap] };

async function kept(
  args: Args,
  extension: string,
  desk: Context,
  begin: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<ExitCode> {
  const stamp = new Date().toISOString().replace(/\..*/, '').replaceAll(':', '-');
  const file = (args.output as string | undefined) ?? `viable-${stamp}.${extension}`;
  if (file === '-') {
    for await (const chunk of await begin()) await desk.pour(chunk);
    return EXIT.ok;
  }
  const size = await saveToFile(file, begin);
  if (desk.json) desk.printJson({ file, bytes: size });
  else desk.print(`${harmless(file)}: ${bytes(size)}`);
  return EXIT.ok;
}
