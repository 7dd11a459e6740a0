/**
 * What prom-client has running all the time for its metrics of the process: an observer of garbage collections and the sampling of
 * the event loop. Import it before the gateway; then it can be stopped and started again, to see what it costs.
 */
import perfHooks from 'node:perf_hooks';

const running = [];

// Only prom-client takes them from this object; what imports them by name has its own.
const { PerformanceObserver, monitorEventLoopDelay } = perfHooks;

perfHooks.PerformanceObserver = class extends PerformanceObserver {
  observe(of) {
    super.observe(of);
    running.push({ start: () => super.observe(of), stop: () => this.disconnect() });
  }
};

perfHooks.monitorEventLoopDelay = options => {
  const histogram = monitorEventLoopDelay(options);
  running.push({ start: () => histogram.enable(), stop: () => histogram.disable() });
  return histogram;
};

/** @throws where prom-client does not have running what it is to be stopped here */
export function toggleProcessMetrics(on) {
  if (running.length !== 2)
    throw new Error(`prom-client runs ${running.length} things, not an observer and a histogram`);
  for (const each of running) each[on ? 'start' : 'stop']();
}
