import { z } from 'zod';
import { AdminRoute } from './routes.js';

const ERROR = z.object({
  error: z.string(),
  reason: z.string(),
  message: z.string(),
  retry_after: z.number().nullable().describe('Milliseconds; null where waiting does not help.'),
});

/** The administration as an OpenAPI 3.1 document, made of the routes as they are served. */
export function openApi(routes: readonly AdminRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Viable administration',
      version,
      description: 'On the management listener. Times are ISO 8601 or milliseconds, as their names say.',
    },
    components: {
      securitySchemes: { admin: { type: 'http', scheme: 'bearer', description: 'management.admin_token' } },
      schemas: { Error: schemaOf(ERROR, 'output') },
    },
    security: [{ admin: [] }],
    paths,
  };
}

function operation({ path, method, description: { summary, body, query, answer, media } }: AdminRoute): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  const content = { [media ?? 'application/json']: answer ? { schema: schemaOf(answer, 'output') } : {} };
  return {
    summary,
    operationId: `${method} ${path}`
      .replace(/\/mcp\/(admin\/)?/, '')
      .replace(/\W+(\w)/g, (_, c: string) => c.toUpperCase())
      .replace(/\W/g, ''),
    parameters: [...inPath, ...(query ? parametersOf(query) : [])],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
    }),
    responses: {
      200: { description: 'As asked.', content },
      default: {
        description: 'Why not.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function parametersOf(query: z.ZodObject): object[] {
  const { properties = {}, required = [] } = schemaOf(query, 'input') as { properties?: object; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema: schema as object },
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const made: Record<string, unknown> = { ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
  delete made.$schema;
  return made;
}
