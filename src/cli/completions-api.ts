import type { Api } from './api.js';
import type { NamesOf } from './command.js';

/** Names that are asked for. */
const MOST = 1_000;

/** The names there are, as the gateway knows them. @throws Failure */
export async function namesOf(what: NamesOf, api: Api): Promise<string[]> {
  if (what === 'clients') {
    const { clients } = (await api.get(`/mcp/admin/clients?most=${MOST}`)) as { clients: { client_id: string }[] };
    return clients.map(({ client_id }) => client_id);
  }
  if (what === 'units') {
    const { units } = (await api.get('/mcp/stats')) as { units: { unit: string }[] };
    return units.map(({ unit }) => unit);
  }
  const { instances, transports } = (await api.get('/mcp/admin/circuits')) as {
    instances: { unit: string; instance: string }[];
    transports: { transport: string }[];
  };
  const circuits = [...instances.map(({ instance }) => instance), ...transports.map(({ transport }) => transport)];
  return what === 'circuits' ? circuits : [...new Set(instances.map(({ unit }) => unit)), ...circuits];
}
