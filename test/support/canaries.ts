import { randomBytes } from 'node:crypto';

/** Texts that must not turn up where somebody reads, each known by what it was. */
export class Canaries {
  private readonly texts = new Map<string, string>();

  /** A new one. @param before what it has to begin with */
  make(what: string, before = ''): string {
    return this.note(what, `${before}${randomBytes(24).toString('base64url')}`);
  }

  /** One that somebody else has made. */
  note(what: string, text: string): string {
    this.texts.set(what, text);
    return text;
  }

  /** Which of them are in a text, as they are or as they stand in a URL. */
  in(text: string): string[] {
    const there = (canary: string): boolean => text.includes(canary) || text.includes(encodeURIComponent(canary));
    return [...this.texts].filter(([, canary]) => there(canary)).map(([what]) => what);
  }
}
