/**
 * What scripts of listening clients have in common: a crowd that joins, and a back end that publishes to its topics in turn. Each message
 * has the time at which it was published; each client sees whether the sequence has holes.
 */
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

const {
  CLIENTS = '1000',
  RAMP = '10',
  SECONDS = '30',
  RATE = '1',
  TOPICS = '1',
  P99 = '100',
  PER_VU = '1',
  HTTP_URL = 'http://127.0.0.1:4001/mcp',
  TOKEN,
} = __ENV;

const SECONDS_OF = { ramp: Number(RAMP), hold: Number(SECONDS) };
const COUNT = Number(CLIENTS);
/** Clients of one VU: a VU costs k6 a megabyte or two. */
export const EACH = Number(PER_VU);
if (COUNT % EACH !== 0) throw new Error(`CLIENTS=${COUNT} cannot be shared between VUs of PER_VU=${EACH}`);
/** Each client has one of them, as many each: with one topic a publication is for everybody. */
const TOPIC_COUNT = Number(TOPICS);
if (COUNT % TOPIC_COUNT !== 0) throw new Error(`CLIENTS=${COUNT} cannot be shared between TOPICS=${TOPICS}`);
export const HEADERS = TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {};

const joined = new Rate('clients_joined');
const lost = new Counter('connections_lost');
const latency = new Trend('message_latency', true);
const received = new Counter('messages_received');
const holes = new Counter('messages_missing');
const published = new Counter('messages_published');
const accepted = new Rate('publications_accepted');

/** Seconds that the last messages may still take. */
const LAST = 5;

/** Publications a second, once everybody is there: the topics have them in turn. */
const PUBLISHED = Number(RATE);

const scenarios = {
  clients: {
    executor: 'per-vu-iterations',
    vus: COUNT / EACH,
    iterations: 1,
    exec: 'client',
    maxDuration: `${SECONDS_OF.ramp + SECONDS_OF.hold + LAST + 60}s`,
  },
};

const publisher = {
  executor: 'constant-arrival-rate',
  // Whole numbers only: one in five seconds is not a fifth in one.
  ...(PUBLISHED < 1 ? { rate: 1, timeUnit: `${1 / PUBLISHED}s` } : { rate: PUBLISHED, timeUnit: '1s' }),
  duration: `${SECONDS_OF.hold}s`,
  startTime: `${SECONDS_OF.ramp + 2}s`,
  preAllocatedVUs: Math.min(50, Math.ceil(2 * PUBLISHED) + 2),
  exec: 'publish',
};

const everybodyIsIn = { clients_joined: ['rate==1'], connections_lost: ['count==0'] };
const everythingCame = {
  message_latency: [`p(99)<${P99}`],
  messages_received: ['count>0'],
  messages_missing: ['count==0'],
  publications_accepted: ['rate==1'],
};

/** Everybody is let in and stays; nothing is lost, and 99 of 100 messages come within P99 ms. */
export const options = {
  scenarios: PUBLISHED === 0 ? scenarios : { ...scenarios, publisher },
  thresholds: PUBLISHED === 0 ? everybodyIsIn : { ...everybodyIsIn, ...everythingCame },
  summaryTrendStats: ['min', 'med', 'avg', 'p(95)', 'p(99)', 'max'],
};

/** Number of this VU's i-th client: VUs have one iteration each. */
export const numberOf = i => exec.scenario.iterationInTest * EACH + i;

/** Milliseconds after which a client comes: all of them evenly over the ramp. */
export const comesAfter = number => (number / COUNT) * SECONDS_OF.ramp * 1000;

/** Milliseconds after which everybody leaves. */
export const leavesAfter = (SECONDS_OF.ramp + 2 + SECONDS_OF.hold + LAST) * 1000;

const topicOf = number => `k6-topic-${number % TOPIC_COUNT}`;

/** What a client says of itself when it comes. */
export const query = number => `client_id=k6-${number}&topics=${topicOf(number)}`;

/** One client's view of what comes. */
export function listener() {
  let next;
  return {
    joined: ok => joined.add(ok),
    lost: () => lost.add(1),
    /** @returns whether that was a message */
    text(data) {
      const sequence = numberIn(data, '"sequence":');
      const at = numberIn(data, '"at":');
      // What is said to one client only has neither, or no time.
      if (sequence === undefined || at === undefined) return false;
      latency.add(Date.now() - at);
      if (next !== undefined && sequence > next) holes.add(sequence - next);
      next = sequence + 1;
      received.add(1);
      return true;
    },
  };
}

/** The number behind a key. To parse all of a thousand messages that come at once takes k6 longer than the gateway takes for them. */
function numberIn(text, key) {
  const found = text.indexOf(key);
  return found === -1 ? undefined : parseInt(text.substring(found + key.length, found + key.length + 16), 10);
}

export function publish() {
  const topic = topicOf(exec.scenario.iterationInTest);
  const body = JSON.stringify({ type: 'k6', topic, payload: { at: Date.now() } });
  const response = http.post(`${HTTP_URL}/broadcast`, body, {
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
  });
  const ok = response.status === 200 || response.status === 202;
  accepted.add(ok);
  if (ok) published.add(1);
  else check(response, { 'a publication was accepted': () => false });
}
