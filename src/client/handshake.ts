import { ResumeState } from './resume-state.js';
import { ViableOptions } from './options.js';
import { Hello } from './protocol.js';
import { ViableError } from './viable-error.js';

/** It comes by another transport when it is told to. */
const CAPABILITIES = ['switch'];

/** What is said when joining: who, with what credentials, and where the client stands. */
export class Handshake {
  /** To subscribe to. */
  topics: readonly string[];
  private askedAnew = false;

  constructor(
    private readonly options: ViableOptions,
    private readonly memory: ResumeState,
  ) {
    this.topics = options.topics ?? [];
  }

  /**
   * @param ready awaited between credentials, which may take long to get, and position, which is to be as new as can be
   * @throws ViableError `token_failed`
   */
  async hello(ready: () => Promise<void>): Promise<Hello> {
    const { clientId, transport, hello } = this.options;
    const token = await this.credentials();
    await ready();
    const { position, token: resume } = this.memory;
    return {
      client_id: clientId,
      ...(token !== undefined && { token }),
      ...(resume !== undefined && { resume_token: resume }),
      ...(position && position.last >= 0 && { epoch: position.epoch, last: position.last }),
      acks: true,
      ...(this.topics.length > 0 && { topics: this.topics }),
      transport: transport ?? 'auto',
      ...hello,
      capabilities: [...new Set([...CAPABILITIES, ...(hello?.capabilities ?? [])])],
    };
  }

  welcomed(): void {
    this.askedAnew = false;
  }

  /** @returns whether there was a resume token to forget */
  forgetToken(): boolean {
    const had = this.memory.token !== undefined;
    this.memory.token = undefined;
    return had;
  }

  /** @returns whether the next hello may hold other credentials than those that were refused */
  askAnew(): boolean {
    const may = typeof this.options.token === 'function' && !this.askedAnew;
    this.askedAnew = true;
    return may;
  }

  private async credentials(): Promise<string | undefined> {
    const { token } = this.options;
    try {
      return typeof token === 'function' ? await token() : token;
    } catch (cause) {
      throw new ViableError('token_failed', String(cause), null, cause);
    }
  }
}
