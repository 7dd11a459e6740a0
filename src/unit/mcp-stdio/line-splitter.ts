const NEWLINE = 0x0a;

/** Cuts a byte stream into lines. A line over the limit is dropped whole, told of, and the stream goes on behind it. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private size = 0;
  private skipping = false;

  constructor(
    private readonly limit: number,
    private readonly onLine: (line: string) => void,
    private readonly onOverflow: () => void,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.add(chunk.subarray(start, end));
      this.flush();
      start = end + 1;
    }
    if (start < chunk.length) this.add(chunk.subarray(start));
  }

  private add(part: Buffer): void {
    if (this.skipping) return;
    this.size += part.length;
    if (this.size <= this.limit) return void this.parts.push(part);
    this.skipping = true;
    this.parts = [];
    this.onOverflow();
  }

  private flush(): void {
    const { parts, skipping } = this;
    this.parts = [];
    this.size = 0;
    this.skipping = false;
    if (skipping) return;
    const line = (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString('utf8');
    if (line.trim() !== '') this.onLine(line);
  }
}
