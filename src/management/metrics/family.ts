import { Counter, Gauge, Metric, Registry } from 'prom-client';

type Labels = Record<string, string | number>;
export type Samples = Iterable<[labels: Labels, value: number]>;

/**
 * Series of one name. They are read when somebody scrapes and never before, and counting costs the messages nothing
 * beyond what is counted anyway. Labels are of bounded sets: configured names, states, codes; never of clients.
 */
export interface Family {
  /** By Prometheus' conventions: a base unit at the end, `_total` for what only grows. */
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  labels: readonly string[];
  read(): Samples;
}

export const gauge = (name: string, help: string, labels: readonly string[], read: () => Samples): Family => ({
  ...{ name, help, labels, read },
  type: 'gauge',
});

export const counter = (name: string, help: string, labels: readonly string[], read: () => Samples): Family => ({
  ...{ name, help, labels, read },
  type: 'counter',
});

/** One series without labels. */
export const single = (value: number): Samples => [[{}, value]];

export function register(registry: Registry, family: Family): void {
  const { name, help, type, read } = family;
  const given = { name, help, labelNames: [...family.labels], registers: [] };
  const collectGauge = function (this: Gauge): void {
    this.reset();
    for (const [labels, value] of read()) this.set(labels, value);
  };
  const collectCounter = function (this: Counter): void {
    this.reset();
    for (const [labels, value] of read()) this.inc(labels, value);
  };
  adopt(
    registry,
    type === 'gauge'
      ? new Gauge({ ...given, collect: collectGauge })
      : new Counter({ ...given, collect: collectCounter }),
  );
}

/** prom-client's registry is the process's: the newest gateway in it is the one that shows. */
export function adopt(registry: Registry, metric: object): void {
  registry.removeSingleMetric((metric as { name: string }).name);
  registry.registerMetric(metric as unknown as Metric);
}
