import { existsSync } from 'node:fs';
import puppeteer, { Browser, Page } from 'puppeteer-core';
import { RunningExample } from './running-example.js';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const path = PLACES.find(place => place !== undefined && existsSync(place));

/** What to install, undefined if it is there. */
export const chromiumMissing =
  path === undefined ? 'needs Chromium: apt-get install chromium, or CHROMIUM=PATH' : undefined;

/** A page that runs, and what it has written to the console. */
export interface RunningPage extends RunningExample {
  readonly page: Page;
}

/** A real browser without a window. Each page has a profile of its own. */
export class Chromium {
  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<Chromium> {
    const browser = await puppeteer.launch({
      executablePath: path,
      headless: true,
      // By pipe it ends with us, whatever ends us. CI runs as root, in containers with a small /dev/shm.
      pipe: true,
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
      timeout: 60_000,
    });
    return new Chromium(browser);
  }

  async open(url: string): Promise<RunningPage> {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage();
    const lines: string[] = [];
    page.on('console', message => lines.push(...message.text().split('\n')));
    page.on('pageerror', error => lines.push(`uncaught: ${error instanceof Error ? error.message : String(error)}`));
    await page.evaluateOnNewDocument(logAsText);
    await page.goto(url, { waitUntil: 'load', timeout: 60_000 });
    let closed = false;
    const stop = async (): Promise<void> => {
      if (closed) return;
      closed = true;
      await context.close();
    };
    return { page, lines, stop };
  }

  async stop(): Promise<void> {
    await this.browser.close();
  }
}

/** Runs in the page: objects reach the console as JSON and in order, instead of as handles that must be asked. */
function logAsText(): void {
  const text = (value: unknown): string =>
    typeof value === 'string' || value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
  for (const level of ['log', 'warn', 'error'] as const) {
    const write = console[level].bind(console);
    console[level] = (...values: unknown[]) => write(values.map(text).join(' '));
  }
}
