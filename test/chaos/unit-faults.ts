import { isAlive } from '../support/gateway-process.js';
import { RawSession, readEvents } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { Arena } from './arena.js';

/** The answer of a call, however it came: its JSON-RPC message. */
async function call(session: RawSession, name: string, args: object = {}): Promise<any> {
  return session.answerOf(await session.request('tools/call', { name, arguments: args }));
}

const textOf = (message: any): string => message.result.content[0].text as string;

export function unitFaults(arena: Arena): void {
  const { fault } = arena.section('Units');
  let session: RawSession;

  const open = async (unit = 'faulty', capabilities: object = {}): Promise<any> => {
    session = arena.session(unit);
    return session.initialize(capabilities);
  };

  fault(
    {
      fault: 'dies in the middle of a call',
      client: '-32051 `outcome_unknown`, then 404',
      gateway: 'ends the session; the next `initialize` gets a new child',
    },
    async () => {
      await open();
      expect(await call(session, 'die')).toMatchObject({ error: { code: -32051, data: { error: 'outcome_unknown' } } });
      expect((await session.request('ping')).status).toBe(404);
      await open();
      expect(textOf(await call(session, 'ok'))).toBe('ok');
    },
  );

  fault(
    {
      fault: 'exits at start',
      client: '-32050 `unit_unavailable` to `initialize`',
      gateway: 'keeps no session; the circuit opens when it goes on',
    },
    async () => {
      expect(await open('exits')).toMatchObject({
        error: { data: { error: 'unit_unavailable' } },
      });
      expect(session.id).toBeUndefined();
    },
  );

  fault(
    {
      fault: 'cannot be started at all',
      client: '-32050 `unit_unavailable` to `initialize`',
      gateway: 'says which command and why',
    },
    async () => {
      expect(await open('missing')).toMatchObject({
        error: { code: -32050, message: expect.stringContaining('ENOENT') },
      });
    },
  );

  fault(
    {
      fault: 'never answers `initialize`',
      client: '-32057 `unit_timeout` after `units_start_timeout`',
      gateway: 'ends the child and the session',
    },
    async () => {
      expect(await open('mute')).toMatchObject({ error: { code: -32057, data: { error: 'unit_timeout' } } });
    },
  );

  fault(
    {
      fault: 'takes long to start',
      client: 'its `initialize` waits for it',
      gateway: 'holds what the client sends meanwhile',
    },
    async () => {
      expect(await open('late')).toMatchObject({ result: { serverInfo: { name: 'faulty' } } });
      expect(textOf(await call(session, 'ok'))).toBe('ok');
    },
  );

  fault(
    {
      fault: 'hangs in a call',
      client: 'waits until it cancels; other calls of the session are answered',
      gateway: 'passes the cancellation on and frees the call',
    },
    async () => {
      await open();
      const hanging = session.post({ jsonrpc: '2.0', id: 'h', method: 'tools/call', params: { name: 'hang' } });
      expect(textOf(await call(session, 'ok'))).toBe('ok');
      await session.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'h' } });
      await (await hanging).text();
      expect(textOf(await call(session, 'cancelled'))).toBe('1');
    },
  );

  fault(
    { fault: 'answers a call twice', client: 'the first answer', gateway: 'drops the second and counts it as stray' },
    async () => {
      await open();
      expect(textOf(await call(session, 'twice'))).toBe('first');
      await until(async () => (await arena.metric('gateway_stray_frames_total{unit="faulty"}')) >= 1, 'a stray frame');
      expect(textOf(await call(session, 'ok'))).toBe('ok');
    },
  );

  fault(
    {
      fault: 'answers ids that nobody asked for',
      client: 'nothing of it',
      gateway: 'drops them and counts them as stray',
    },
    async () => {
      await open();
      expect(textOf(await call(session, 'unknown'))).toBe('ok');
    },
  );

  fault(
    { fault: 'prints what is no JSON-RPC', client: 'nothing of it', gateway: 'drops each line, logs its length' },
    async () => {
      await open();
      expect(textOf(await call(session, 'garbage'))).toBe('ok');
    },
  );

  fault(
    {
      fault: 'answers with a result that is no object',
      client: "that result: what a result means is not the gateway's to judge",
      gateway: 'passes it',
    },
    async () => {
      await open();
      expect(await call(session, 'oddResult')).toMatchObject({ result: 7 });
    },
  );

  fault(
    { fault: 'floods stderr (10 MB)', client: 'its answer', gateway: 'logs it line by line, at most 4 KB each' },
    async () => {
      await open();
      expect(textOf(await call(session, 'stderr'))).toBe('ok');
    },
  );

  fault(
    {
      fault: 'floods stdout (20,000 notifications in one call)',
      client: 'the notifications and its answer, in order',
      gateway: 'passes them; the replay buffer keeps the last',
    },
    async () => {
      await open();
      expect(textOf(await call(session, 'stdout'))).toBe('ok');
    },
  );

  fault(
    { fault: 'sends a result of 50 MB', client: 'the result', gateway: 'passes it; it is not kept for replay' },
    async () => {
      await open();
      expect(textOf(await call(session, 'huge', { size: 50_000_000 }))).toHaveLength(50_000_000);
    },
  );

  fault(
    {
      fault: 'sends a message over `limits.max_unit_message`',
      client: '-32051 `outcome_unknown`, then 404',
      gateway: 'does not hold it; ends the child, as nobody can tell whose answer it was',
    },
    async () => {
      await open();
      expect(await call(session, 'huge', { size: 70_000_000 })).toMatchObject({ error: { code: -32051 } });
      expect((await session.request('ping')).status).toBe(404);
    },
  );

  fault(
    {
      fault: 'dies, and what it started holds its pipes',
      client: '-32051 `outcome_unknown`',
      gateway: 'goes by the end of the child, not of the pipes',
    },
    async () => {
      await open();
      expect(await call(session, 'daemon')).toMatchObject({ error: { code: -32051 } });
    },
  );

  fault(
    {
      fault: 'accepts connections and never answers',
      client: '-32057 `unit_timeout` to `initialize`',
      gateway: 'gives the place in the pool back',
    },
    async () => {
      const answers = await Promise.all([1, 2, 3].map(() => arena.session('silent').initialize()));
      for (const answer of answers) expect(answer).toMatchObject({ error: { code: -32057 } });
    },
  );

  fault(
    {
      fault: 'exits at start again and again',
      client: '-32061 `circuit_open`, with the time to wait',
      gateway: 'stops starting it',
    },
    async () => {
      const codes: string[] = [];
      for (let i = 0; i < 12; i++) codes.push((await open('crashes')).error.data.error as string);
      expect(codes[0]).toBe('unit_unavailable');
      expect(codes.at(-1)).toBe('circuit_open');
    },
  );

  fault(
    {
      fault: 'over HTTP, has forgotten the session',
      client: '-32055 `session_expired` to the call that was refused, then 404',
      gateway: 'ends the session and its sockets',
    },
    async () => {
      await open('remote');
      expect(await session.answerOf(await session.request('forget'))).toMatchObject({ error: { code: -32055 } });
      expect((await session.request('ping')).status).toBe(404);
    },
  );

  fault(
    {
      fault: 'over HTTP, takes a call and answers 202',
      client: '-32051 `outcome_unknown`',
      gateway: 'goes on with the session',
    },
    async () => {
      await open('remote');
      expect(await session.answerOf(await session.request('tools/list'))).toMatchObject({ error: { code: -32051 } });
      expect((await session.post({ jsonrpc: '2.0', method: 'notifications/x' })).status).toBe(202);
    },
  );

  fault(
    { fault: 'starts processes of its own', client: 'nothing of it', gateway: 'ends them with the child' },
    async () => {
      await open();
      const grandchild = Number(textOf(await call(session, 'fork')));
      expect(isAlive(grandchild)).toBe(true);
      await session.delete();
      await until(() => !isAlive(grandchild), 'the end of the grandchild');
    },
  );

  fault(
    {
      fault: 'asks two questions under one id',
      client: 'the first question',
      gateway: 'answers the second with `duplicate_id`',
    },
    async () => {
      await open('faulty', { sampling: {} });
      expect(JSON.parse(textOf(await call(session, 'askTwice')))).toMatchObject({ data: { error: 'duplicate_id' } });
    },
  );

  fault(
    {
      fault: 'asks more questions than a session may have open',
      client: 'as many as that',
      gateway: 'answers the rest with `too_many_calls`',
    },
    async () => {
      await open('faulty', { sampling: {} });
      const [limit, refusals] = [256, 44];
      const args = { count: limit + refusals, refusals };
      const response = await session.request('tools/call', { name: 'askFlood', arguments: args });
      const questions: string[] = [];
      const answerAll = (): void => {
        for (const id of questions) void session.post({ jsonrpc: '2.0', id, result: {} });
      };
      const events = await readEvents(response, ({ message }) => {
        if (message?.method === 'sampling/createMessage') questions.push(message.id as string);
        if (message?.method === 'notifications/message') answerAll();
        return message?.result !== undefined;
      });
      expect(questions).toHaveLength(limit);
      expect(textOf(events.at(-1)!.message)).toBe(String(refusals));
    },
  );
}
