export interface NodeState {
  /** Whether it takes no new sessions and calls. */
  draining: boolean;
  /** Whether the process ends when running calls have. */
  stopping: boolean;
}

/** This process as a member of a group behind a load balancer. */
export abstract class Node {
  abstract readonly state: NodeState;
  /** From now on no new sessions and calls; what runs goes on, and sessions stay. */
  abstract drain(): void;
  /** Takes that back. @throws GatewayError `conflict` where the process is ending */
  abstract resume(): void;
  /** Drains, and ends the process when running calls have ended. */
  abstract stop(): void;
}
