/** Where clients of event streams POST to. */
export const MESSAGES = '/mcp/messages';

/**
 * The path to POST to, as one client is given it. A token that came as a parameter must come again with each POST;
 * clients take the path as it is.
 */
export function endpointOf(parameter: string, id: string, { searchParams }: URL): string {
  const query = new URLSearchParams({ [parameter]: id });
  const token = searchParams.get('token');
  if (token) query.set('token', token);
  return `${MESSAGES}?${query.toString()}`;
}
