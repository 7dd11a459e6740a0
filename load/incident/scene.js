/** The gateway of the incident with its units, its clients, and a Prometheus that watches it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Stage } from '../viability/stage.js';

/** Milliseconds that a call takes a unit that is well, and one that is not; and one of reports. */
const [WELL, ILL, REPORT] = [40, 3_000, 8_000];
/** Messages a second that the flooder sends, and calls a second of those who behave. */
const [FLOOD, CALLS] = [2_000, 80];
/** Those who want reports, and how many may have theirs made at a time: by the policy, and by the one that comes after. */
const CROWD = 24;
const [TIGHT, ROOMY] = [6, 50];

export class Scene {
  static async open(token) {
    const scene = new Scene(new Stage(true, {}));
    await scene.#build(token);
    return scene;
  }

  constructor(stage) {
    this.stage = stage;
  }

  async begin() {
    const { urls } = this.stage;
    this.callers = await this.stage.remote('clients.mjs');
    await this.callers.ask('open', {
      callers: { door: 'http', url: `${urls.http}?unit=search`, sessions: 20, rate: CALLS },
      listeners: {
        ...{ count: 5, url: urls.websocket, sseUrl: urls.sse, publishUrl: urls.sse, publishes: 5, sends: 1 },
      },
    });
    await this.callers.ask('start');
    this.flooder = await this.stage.remote('flooder.mjs');
    await this.flooder.ask('open', { url: urls.websocket });
    this.crowd = await this.stage.remote('../incident/reporters.mjs');
  }

  /** All three at once. */
  async disturb() {
    const [, slow] = this.search;
    await slow.remote.ask('set', { ms: ILL });
    await this.flooder.ask('flood', { rate: FLOOD });
    await this.crowd.ask('open', { url: `${this.stage.urls.http}?unit=reports`, count: CROWD });
  }

  /** What stands behind the gateway is mended by its owners. */
  async heal() {
    const [, slow] = this.search;
    await slow.remote.ask('set', { ms: WELL });
    await this.flooder.ask('stop');
    await this.reports.remote.ask('set', { ms: WELL });
  }

  async close() {
    this.watcher?.kill();
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
    await this.stage.end();
  }

  async #build(token) {
    this.search = await this.stage.units(2, { ms: WELL });
    [this.reports] = await this.stage.units(1, { ms: REPORT });
    this.reports.instance = `reports/${new URL(this.reports.url).host}`;
    const units = [
      { name: 'search', kind: 'mcp', urls: this.search.map(({ url }) => url), stateless: true, balance: 'round_robin' },
      { name: 'reports', kind: 'mcp', url: this.reports.url, size: 4, overflow: 2 },
    ];
    this.folder = await mkdtemp(join(tmpdir(), 'viable-incident-'));
    const policy = most => ({ identity: { purpose: 'Tools for the shop.' }, limits: { pool_size: { max: most } } });
    await writeFile(join(this.folder, 'policy.yaml'), JSON.stringify(policy(TIGHT)));
    await writeFile(join(this.folder, 'roomier.yaml'), JSON.stringify(policy(ROOMY)));
    const regulation = { policy: join(this.folder, 'policy.yaml') };
    await this.stage.startGateway(units, { management: { port: 0, admin_token: token }, regulation });
    this.management = this.stage.urls.management;
    await this.#watch();
  }

  async #watch() {
    const config = {
      global: { scrape_interval: '2s', evaluation_interval: '2s' },
      rule_files: [resolve('monitoring/alerts.yaml')],
      scrape_configs: [{ job_name: 'viable', static_configs: [{ targets: [new URL(this.management).host] }] }],
    };
    await writeFile(join(this.folder, 'prometheus.yaml'), JSON.stringify(config));
    const options = [`--config.file=${this.folder}/prometheus.yaml`, `--storage.tsdb.path=${this.folder}/data`];
    this.watcher = spawn('prometheus', [...options, '--web.listen-address=127.0.0.1:0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.watcher.stderr.setEncoding('utf8');
    for (let said = ''; this.prometheus === undefined;) {
      const [text] = await once(this.watcher.stderr, 'data');
      said += text;
      const [, address] = /msg="Listening on" address=(\S+)/.exec(said) ?? [];
      if (address) this.prometheus = `http://${address}`;
    }
    this.watcher.stderr.resume();
  }
}
