import { median } from './control-loop.js';
import { InstanceRecord } from './instance-record.js';

/** So many times as slow as its peers, and as itself in the past. */
const FACTOR = 4;
/** Below that nobody is slow, in ms. */
const FLOOR = 250;
/** Answers, or calls in flight for too long, that are evidence. */
const EVIDENCE = 3;
/** Of those that ended, and how many must have ended. */
const FAILING = 0.5;
const FAILING_EVIDENCE = 6;

export interface Verdict {
  record: InstanceRecord;
  /** How many times worse than the bound: 1 and more. */
  badness: number;
  why: string;
}

/** In so large a crowd nobody moves the middle: one is taken for all. */
const CROWD = 32;

/** What the instances of a unit that are in service do, each beside the others. */
export class Peers {
  private readonly latencies: Map<InstanceRecord, number>;
  private readonly failures: Map<InstanceRecord, number>;
  private readonly middle: { latency: number; failures: number } | undefined;

  constructor(records: readonly InstanceRecord[], now: number) {
    this.latencies = new Map(records.map(record => [record, latency(record, now)]));
    this.failures = new Map(records.map(record => [record, failureShare(record)]));
    if (records.length <= CROWD) return;
    this.middle = { latency: middleOf(this.latencies), failures: middleOf(this.failures) };
  }

  /** In ms; NaN where nothing is known of any other. */
  latencyBeside(record: InstanceRecord): number {
    return this.middle?.latency ?? middleOf(this.latencies, record);
  }

  failuresBeside(record: InstanceRecord): number {
    return this.middle?.failures ?? middleOf(this.failures, record);
  }
}

function middleOf(values: ReadonlyMap<InstanceRecord, number>, without?: InstanceRecord): number {
  return median([...values].filter(([record, value]) => record !== without && value >= 0).map(([, value]) => value));
}

/**
 * Whether an instance is far beyond its peers and beyond its own past, as in Envoy's outlier detection (success rate and
 * failure percentage), on latency too. What is slow everywhere is nobody's fault, and one call that takes long by nature
 * says nothing. @returns undefined where it is not
 */
export function judge(record: InstanceRecord, peers: Peers, now: number): Verdict | undefined {
  return slow(record, peers, now) ?? failing(record, peers);
}

function slow(record: InstanceRecord, peers: Peers, now: number): Verdict | undefined {
  const { usualMs, recent, vitals } = record;
  const oldest = record.oldestMs(now);
  if (oldest <= FLOOR && !(recent.meanMs > FLOOR)) return undefined;
  const theirs = peers.latencyBeside(record);
  if (Number.isNaN(theirs)) return undefined;
  const bound = Math.max(FLOOR, FACTOR * theirs, FACTOR * (usualMs >= 0 ? usualMs : 0));
  const usual = `its peers take ${ms(theirs)}${usualMs >= 0 ? ` and it took ${ms(usualMs)} before` : ''}`;
  const { looks, answered, meanMs } = record.slower(bound);
  if (looks >= 2 && answered >= EVIDENCE) {
    const why = `answers take ${ms(meanMs)} on average (${answered} of them), ${usual}`;
    return { record, badness: meanMs / bound, why };
  }
  const stuck = record.stuck(bound, now);
  // Fewer are evidence only when they take so long that any other would have been answered meanwhile.
  const few = stuck >= 2 && recent.answered === 0 && oldest > FACTOR * bound;
  const most = 2 * stuck >= vitals.inFlight && stuck > recent.answered;
  if (oldest <= bound || !(few || (stuck >= EVIDENCE && most))) return undefined;
  const why = `at least ${stuck} of ${vitals.inFlight} calls in flight are older than ${ms(bound)}, the oldest ${ms(oldest)}; ${usual}`;
  return { record, badness: oldest / bound, why };
}

function failing(record: InstanceRecord, peers: Peers): Verdict | undefined {
  const { answered, failed } = record.recent;
  const share = failed / (answered + failed);
  if (answered + failed < FAILING_EVIDENCE || share < FAILING) return undefined;
  const theirs = peers.failuresBeside(record);
  if (!(theirs < share / FACTOR) || record.usualFailures > share / 2) return undefined;
  const why = `${failed} of ${answered + failed} calls failed (${percent(share)}), at its peers ${percent(theirs)}`;
  return { record, badness: share / FAILING, why };
}

/** What a peer takes: by its newest answers, else by its past, and by what waits there. NaN where nothing is known. */
function latency(peer: InstanceRecord, now: number): number {
  const { answered, meanMs } = peer.recent;
  const long = peer.usualMs >= 0 ? Math.max(FLOOR, FACTOR * peer.usualMs) : FLOOR;
  const waits = peer.stuck(long, now) >= 2 || (answered === 0 && peer.vitals.inFlight > 0);
  return Math.max(answered >= EVIDENCE ? meanMs : peer.usualMs, waits ? peer.oldestMs(now) : 0);
}

function failureShare({ recent: { answered, failed }, usualMs, usualFailures }: InstanceRecord): number {
  if (answered + failed >= EVIDENCE) return failed / (answered + failed);
  return usualMs >= 0 ? usualFailures : NaN;
}

const ms = (value: number): string => `${Math.round(value)} ms`;
const percent = (share: number): string => `${Math.round(100 * share)} %`;
