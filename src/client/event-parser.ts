export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * Reads `text/event-stream` as the HTML standard has it (§9.2.6): LF, CR or CRLF, also cut in two by a chunk; one
 * byte order mark; several `data` lines; events without data are none. `id` and `retry` are read over: positions go by
 * the envelope, and the client has a back-off of its own.
 */
export class EventParser {
  /** The beginning of a line, as it came: put together once, when its end is there. */
  private rest: string[] = [];
  private held = 0;
  private afterCr = false;
  private first = true;
  private event = '';
  private data: string | undefined;

  /**
   * @param onEvent called for each event
   * @param limit characters that one event may have
   */
  constructor(
    private readonly onEvent: (event: ServerEvent) => void,
    private readonly limit = 16 * 1024 * 1024,
  ) {}

  /** @throws RangeError where an event is larger than the limit */
  push(chunk: string): void {
    let text = chunk;
    if (this.first && text !== '') {
      this.first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    if (this.afterCr && text !== '') {
      this.afterCr = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    const ends = /\r\n|\n|\r/g;
    let start = 0;
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      this.line(this.rest.join('') + text.slice(start, end.index));
      this.rest = [];
      start = ends.lastIndex;
    }
    this.afterCr = start > 0 && start === text.length && text.endsWith('\r');
    if (start < text.length) this.rest.push(text.slice(start));
    this.held = start > 0 ? text.length - start : this.held + text.length;
    if (this.held + (this.data?.length ?? 0) > this.limit) throw new RangeError('The event is too large.');
  }

  private line(line: string): void {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data = this.data === undefined ? value : `${this.data}\n${value}`;
  }

  private dispatch(): void {
    const { event, data } = this;
    this.event = '';
    this.data = undefined;
    if (data !== undefined) this.onEvent({ event: event || 'message', data });
  }
}
