/** Connections of one client that are told apart; more count as so many. */
const MOST = 256;

/** The median of how many connections clients have, those without left out; counted anew from look to look. */
export class RunningMedian {
  /** Of the last look; 0 where nobody had one. */
  value = 0;
  private readonly clients = new Uint32Array(MOST + 1);
  private total = 0;

  add(connections: number): void {
    if (connections <= 0) return;
    this.clients[Math.min(connections, MOST)]!++;
    this.total++;
  }

  /** The look is over. Of two in the middle it is the lesser one. */
  turn(): void {
    let below = 0;
    this.value = 0;
    while (below < this.total / 2) below += this.clients[++this.value]!;
    this.clients.fill(0);
    this.total = 0;
  }
}
