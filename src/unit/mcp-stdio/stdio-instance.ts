import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Log } from '../../kernel/log.js';
import { Instance, ReplySink, UnitLink } from '../../kernel/ports/unit.js';
import { LineSplitter } from './line-splitter.js';
import { StderrRedaction } from './stderr-redaction.js';
import { Command, ProcessGroup } from './process-group.js';

/** Characters of one stderr line that go to the log. */
const MAX_LOG_LINE = 4_096;
/** Milliseconds after a child's end in which what it wrote last may still come; its own children may hold the pipes. */
const LAST_WORDS = 200;
/** Bytes a child may leave unread on its stdin. */
const MAX_UNREAD = 64 * 1024 * 1024;

/** An MCP server that is started per lease and spoken to over stdin and stdout, one JSON message a line. */
export class StdioInstance extends Instance {
  override readonly isolated = true;
  private readonly words: StderrRedaction;

  constructor(
    readonly unit: string,
    readonly id: string,
    private readonly command: Command,
    /** Bytes of one message from the child. */
    private readonly maxMessage: number,
    private readonly log: Log,
  ) {
    super();
    this.words = new StderrRedaction(command.env);
  }

  async open(sink: ReplySink): Promise<UnitLink> {
    try {
      const group = await ProcessGroup.start(this.command);
      const log = this.log.child({ child: group.child.pid });
      return new StdioLink(group, sink, this.maxMessage, this.words, log);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new GatewayError('unit_unavailable', `The unit's command cannot be started: ${why}`);
    }
  }
}

class StdioLink extends UnitLink {
  private closed = false;

  constructor(
    private readonly group: ProcessGroup,
    private readonly sink: ReplySink,
    maxMessage: number,
    words: StderrRedaction,
    private readonly log: Log,
  ) {
    super();
    const { child } = group;
    const lines = new LineSplitter(
      maxMessage,
      line => this.read(line),
      () => this.fail(`The unit sent a message over ${maxMessage} bytes, so that calls would wait for ever.`),
    );
    const errors = new LineSplitter(
      MAX_LOG_LINE,
      line => this.log.info({ stderr: words.masked(line) }, 'unit'),
      () => this.log.info({}, 'unit: a stderr line over the limit was dropped'),
    );
    child.stdout!.on('data', (chunk: Buffer) => lines.push(chunk));
    child.stderr!.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdin!.on('error', () => undefined);
    child.once('exit', (code, signal) => {
      const how = signal ? `by ${signal}` : `with code ${code}`;
      const gone = (): void => this.fail(`The unit ended ${how} before it answered: the outcome is unknown.`);
      const impatience = setTimeout(gone, LAST_WORDS);
      child.once('close', () => {
        clearTimeout(impatience);
        gone();
      });
    });
  }

  send(frame: JsonRpcMessage): void {
    const stdin = this.group.child.stdin!;
    if (this.closed || !stdin.writable) throw new GatewayError('unit_unavailable');
    if (stdin.writableLength > MAX_UNREAD) throw new GatewayError('unit_busy', 'The unit does not read its input.');
    // What comes in one turn of the event loop goes out in one write: a system call for each frame costs more than all else.
    if (stdin.writableCorked === 0) {
      stdin.cork();
      setImmediate(() => stdin.uncork());
    }
    stdin.write(`${frame.text}\n`);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.group.end();
    this.group.child.stdout!.destroy();
    this.group.child.stderr!.destroy();
  }

  private read(line: string): void {
    if (this.closed) return;
    try {
      for (const frame of JsonRpcMessage.decode(line)) this.sink.receive(frame);
    } catch (thrown) {
      const { code: error, cause: err } = toGatewayError(thrown);
      this.log.warn({ length: line.length, error, err }, 'the unit wrote a line that could not be taken');
    }
  }

  /** The link is of no use any more: whoever waits is told, and the child ends. */
  private fail(message: string): void {
    if (this.closed) return;
    void this.close();
    this.sink.ended(new GatewayError('outcome_unknown', message));
  }
}
