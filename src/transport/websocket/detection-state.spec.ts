import { DETECTION_TRANSITIONS, DetectionEvent, DetectionLife, DetectionState } from './detection-state.js';

type Name = DetectionState['is'];

const FRAME = { data: Buffer.from('{}'), isBinary: false };
const EVENTS: DetectionEvent[] = ['presume', 'open', 'settle', 'go'];

/** What brings a new detection into each state. */
const WAY_TO: Record<Name, readonly DetectionEvent[]> = {
  listening: [],
  presumed: ['presume'],
  opening: ['open'],
  settled: ['settle'],
  gone: ['go'],
};

const LEGAL = [
  'listening presume presumed',
  'listening open opening',
  'listening settle settled',
  'listening go gone',
  'presumed open opening',
  'presumed settle settled',
  'presumed go gone',
  'opening settle settled',
  'opening go gone',
  'settled go gone',
];

function inState(name: Name): DetectionLife {
  const life = new DetectionLife();
  for (const event of WAY_TO[name]) life[event](FRAME);
  return life;
}

const pairs = (Object.keys(DETECTION_TRANSITIONS) as Name[]).flatMap(from =>
  EVENTS.map(event => [from, event] as const),
);

describe('the state of a detection', () => {
  it.each(pairs)('%s, %s', (from, event) => {
    const life = inState(from);
    expect(life.state.is).toBe(from);
    const to = LEGAL.map(line => line.split(' ')).find(([state, what]) => state === from && what === event)?.[2];
    if (to === undefined) expect(() => life[event](FRAME)).toThrow('does not lead a detection to');
    else {
      life[event](FRAME);
      expect(life.state.is).toBe(to);
    }
  });
});
