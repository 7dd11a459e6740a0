import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';

interface Task {
  every: number;
  name: string;
  work: (now: number) => void;
  due: number;
  failures: number;
}

/**
 * What is to be done how often, by one timer. What throws is logged, ever more rarely, and the rest is
 * done all the same.
 */
export class Schedule {
  private readonly tasks: Task[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * @param every ms between two runs, from now on; 0 for each run of the schedule
   * @param name for the log
   * @param work is given monotonic ms
   */
  every(every: number, name: string, work: (now: number) => void): void {
    this.tasks.push({ every, name, work, due: this.clock.elapsed() + every, failures: 0 });
  }

  /** Does what is due. What was missed is not made up for. */
  run(): void {
    const now = this.clock.elapsed();
    for (const task of this.tasks) {
      if (now < task.due) continue;
      task.due = Math.max(task.due + task.every, now + task.every / 2);
      try {
        task.work(now);
      } catch (err) {
        const failures = ++task.failures;
        if (isPowerOfTwo(failures)) this.log.error({ err, task: task.name, failures }, 'a look at the gateway failed');
      }
    }
  }
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
