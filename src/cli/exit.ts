/** How the process ends, as in sysexits.h. */
export const EXIT = {
  ok: 0,
  /** `status` only: the gateway is not well. */
  unwell: 1,
  usage: 64,
  /** The gateway refused what was asked as invalid. */
  invalid: 65,
  /** There is no such client, or no such file. */
  missing: 66,
  unreachable: 69,
  defect: 70,
  /** The output file cannot be written. */
  unwritable: 73,
  /** Rate limited, overloaded, or not possible in the state that the gateway is in. */
  later: 75,
  /** No token, a wrong one, or one that does not allow it. */
  denied: 77,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Why a command could not be done: what happened, and what to try. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: ExitCode,
    message: string,
    readonly hint?: string,
    /** The name that the gateway gives the error. */
    readonly error?: string,
  ) {
    super(message);
  }
}
