import { ClientActivities } from '../telemetry/client-activity.js';
import { Counters } from '../telemetry/counters.js';
import { ClientRequests } from './client-requests.js';
import { Hub } from './hub.js';
import { Join } from './join.js';
import { TransportSteering } from './transport-steering.js';

/** What all subscribers work with. */
export interface SubscriberParts {
  hub: Hub;
  joins: Join;
  clientRequests: ClientRequests;
  transportSteering: TransportSteering;
  counters: Counters;
  activity: ClientActivities;
  /** Milliseconds. */
  heartbeatInterval: number;
  onFault: (err: unknown) => void;
}
