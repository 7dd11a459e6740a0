/** A value in a chain, and where it stands. */
export class ListNode<T> {
  chain: object | undefined;
  before: this | undefined;
  after: this | undefined;

  constructor(readonly value: T) {}
}

/** A doubly linked list: first in, first out, and whoever knows a link takes it out of the middle, all in O(1). */
export class LinkedList<T, L extends ListNode<T> = ListNode<T>> {
  first: L | undefined;
  private last: L | undefined;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(link: L): void {
    link.chain = this;
    link.before = this.last;
    if (this.last) this.last.after = link;
    else this.first = link;
    this.last = link;
    this.count++;
  }

  /** @returns whether it was in this chain */
  remove(link: L): boolean {
    if (link.chain !== this) return false;
    const { before, after } = link;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
    link.chain = link.before = link.after = undefined;
    this.count--;
    return true;
  }

  *links(): IterableIterator<L> {
    for (let link = this.first; link; link = link.after) yield link;
  }
}
