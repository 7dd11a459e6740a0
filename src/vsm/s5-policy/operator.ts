import { LeverSetting } from '../../kernel/ports/levers.js';

/** Who asks through the administration; there is one token, and nothing to tell its holders apart by. */
export const OPERATOR = 'operator';

export function byOperator(why: string): string {
  return `${OPERATOR}: ${why}`;
}

/** Whether a setting of S5's is an operator's: S5 itself does not touch it. */
export function isOperators(setting: LeverSetting | undefined): boolean {
  return setting?.by === 's5' && setting.why.startsWith(`${OPERATOR}: `);
}
