/** Where clients of event streams POST to. */
export const MESSAGES = '/mcp/messages';

const AGAIN = ['token', 'client_id'];

/**
 * The path to POST to, as one client is given it. A token that came as a parameter must come again with each POST, and so must the
 * name by which a proxy finds the client's node; clients take the path as it is.
 */
export function endpointOf(parameter: string, id: string, { searchParams }: URL): string {
  const query = new URLSearchParams({ [parameter]: id });
  for (const again of AGAIN) {
    const value = searchParams.get(again);
    if (value) query.set(again, value);
  }
  return `${MESSAGES}?${query.toString()}`;
}
