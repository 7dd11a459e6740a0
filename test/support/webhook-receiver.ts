import { createHmac } from 'node:crypto';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';

export const WEBHOOK_SECRET = 'a secret of the webhook, of at least 32 characters';

/** One request that came. */
export interface Delivery {
  id: string;
  timestamp: number;
  /** Whether the signature is that of the body under the secret. */
  genuine: boolean;
  body: any;
  /** Milliseconds since the epoch. */
  at: number;
  contentType: string | undefined;
}

/** A real HTTP server that webhooks are posted to; it answers with `status`. */
export class WebhookReceiver {
  readonly deliveries: Delivery[] = [];
  status = 200;
  headers: Record<string, string> = {};
  /** Milliseconds before it answers. */
  delay = 0;
  answer = 'thank you';
  private server: Server | undefined;
  port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Those it has answered with 2xx. */
  readonly taken: Delivery[] = [];

  /** Listens; on the same port as before, where there was one. */
  async up(): Promise<this> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status } = this;
        const delivery = read(request.headers as Record<string, string>, Buffer.concat(chunks).toString());
        this.deliveries.push(delivery);
        if (status < 300) this.taken.push(delivery);
        setTimeout(() => response.writeHead(status, this.headers).end(this.answer), this.delay).unref();
      });
    });
    await new Promise<void>(resolve => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async down(): Promise<void> {
    const { server } = this;
    if (!server?.listening) return;
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}

function read(headers: Record<string, string>, text: string): Delivery {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '', 'webhook-signature': signature } = headers;
  const expected = createHmac('sha256', WEBHOOK_SECRET).update(`${id}.${timestamp}.${text}`).digest('base64');
  return {
    ...{ id, timestamp: Number(timestamp), genuine: signature === `v1,${expected}`, body: JSON.parse(text) },
    ...{ at: Date.now(), contentType: headers['content-type'] },
  };
}
