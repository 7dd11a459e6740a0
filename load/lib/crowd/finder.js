/** Finds the same text in many frames of the same form: it looks where it was the last time first. */
export class Finder {
  #needle;
  #hint = 0;

  constructor(text) {
    this.#needle = Buffer.from(text);
  }

  /** Index behind it in `data`; -1 if it is not there. */
  behind(data, start, end) {
    const { length } = this.#needle;
    let index = start + this.#hint;
    if (!this.#isAt(data, index)) {
      index = data.indexOf(this.#needle, start);
      if (index === -1) return -1;
      if (index + length <= end) this.#hint = index - start;
    }
    return index + length <= end ? index + length : -1;
  }

  #isAt(data, index) {
    const needle = this.#needle;
    for (let i = 0; i < needle.length; i++) if (data[index + i] !== needle[i]) return false;
    return true;
  }
}
