import { execFileSync, spawn, spawnSync, ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Scratch } from './scratch.js';
import { until } from './until.js';

const HOW = 'needs Prometheus and promtool: apt-get install prometheus';

/** What to install, undefined if it is there. */
export const prometheusMissing = ['prometheus', 'promtool'].some(name => spawnSync(name, ['--version']).error)
  ? HOW
  : undefined;

/** What promtool says. @throws where it finds something wrong */
export function promtool(args: string[], input = ''): string {
  return execFileSync('promtool', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

export interface Series {
  metric: Record<string, string>;
  value: [at: number, value: string];
}

export interface Rule {
  name: string;
  health: 'ok' | 'err' | 'unknown';
  lastError?: string;
}

interface Options {
  /** The text of a file of alerts. */
  rules?: string;
  /** Between two scrapes, and between two looks at the rules. */
  interval?: string;
}

/** A real Prometheus that scrapes some targets each second. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly scratch: Scratch,
  ) {}

  /** @param given URLs of what has `/metrics` */
  static async start(given: string | readonly string[], { rules, interval = '1s' }: Options = {}): Promise<Prometheus> {
    const scratch = await Scratch.make();
    const targets = [given].flat().map(url => new URL(url).host);
    const config = {
      global: { scrape_interval: interval, evaluation_interval: interval, scrape_timeout: interval },
      rule_files: rules === undefined ? [] : [await scratch.file('rules.yaml', rules)],
      scrape_configs: [{ job_name: 'viable', static_configs: [{ targets }] }],
    };
    const file = await scratch.file('prometheus.yaml', JSON.stringify(config));
    const storage = `--storage.tsdb.path=${scratch.folder}/data`;
    const child = spawn('prometheus', [`--config.file=${file}`, storage, '--web.listen-address=127.0.0.1:0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const url = `http://${await addressOf(child)}`;
    // It listens before it has read its storage, and answers 503 meanwhile.
    await until(async () => (await fetch(`${url}/-/ready`)).ok, 'Prometheus');
    return new Prometheus(child, url, scratch);
  }

  /** What a query gives now. @throws where it is none */
  async query(expression: string): Promise<Series[]> {
    const { result } = await this.ask<{ result: Series[] }>(`query?query=${encodeURIComponent(expression)}`);
    return result;
  }

  /** All rules, and whether what they say could be found out when it was last tried. */
  async rules(): Promise<Rule[]> {
    const { groups } = await this.ask<{ groups: { rules: Rule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  private async ask<T>(what: string): Promise<T> {
    const { data, error } = (await (await fetch(`${this.url}/api/v1/${what}`)).json()) as { data?: T; error?: string };
    if (!data) throw new Error(`${what}: ${error}`);
    return data;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
    await this.scratch.remove();
  }
}

/** Where it listens, which it says when it does. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /msg="Listening on" address=(\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.on('error', reject);
    child.on('exit', code => reject(new Error(`Prometheus ended with ${code}: ${said.slice(-1_000)}`)));
  });
}
