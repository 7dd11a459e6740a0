import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GatewayError } from '../../kernel/errors.js';

const CIPHER = 'aes-256-gcm';
const IV = 12;
const TAG = 16;
/** Characters of a cursor: a name may be long. */
const MAX = 65_536;

/** Where a composite list goes on: after this entry of this unit. */
export interface Position {
  method: string;
  unit: string;
  key: string;
}

/** Cursors that nobody else can make or read: positions sealed with a key of this process (AES-256-GCM). */
export class Cursors {
  private readonly secret = randomBytes(32);

  seal({ method, unit, key }: Position): string {
    const iv = randomBytes(IV);
    const cipher = createCipheriv(CIPHER, this.secret, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify([method, unit, key]), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /**
   * @param method the list that is asked for
   * @throws GatewayError `invalid_cursor`
   */
  open(cursor: unknown, method: string): Position {
    if (typeof cursor !== 'string' || cursor.length > MAX) throw new GatewayError('invalid_cursor');
    try {
      const bytes = Buffer.from(cursor, 'base64url');
      const decipher = createDecipheriv(CIPHER, this.secret, bytes.subarray(0, IV), { authTagLength: TAG });
      decipher.setAuthTag(bytes.subarray(IV, IV + TAG));
      const text = decipher.update(bytes.subarray(IV + TAG), undefined, 'utf8') + decipher.final('utf8');
      const [of, unit, key] = JSON.parse(text) as [string, string, string];
      if (of === method) return { method, unit, key };
    } catch {
      // Whatever is wrong with it, it is not ours.
    }
    throw new GatewayError('invalid_cursor');
  }
}
