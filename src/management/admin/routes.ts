import { RequestMethod, Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { Description, descriptionOf } from './described.js';

type Handler = (...given: never[]) => unknown;

/** A route as Nest serves it. */
export interface AdminRoute {
  /** As OpenAPI writes it: `/mcp/admin/clients/{id}`. */
  path: string;
  /** Such as `get`. */
  method: string;
  description: Description;
}

/**
 * The routes of controllers, read where Nest reads them.
 * @throws Error where one is not described
 */
export function routesOf(controllers: readonly Type[]): AdminRoute[] {
  return controllers.flatMap(controller => {
    const prefix = Reflect.getMetadata(PATH_METADATA, controller) as string;
    return handlersOf(controller).map(handler => {
      const description = descriptionOf(handler);
      if (!description) throw new Error(`${controller.name}.${handler.name} is not described.`);
      const path = [prefix, Reflect.getMetadata(PATH_METADATA, handler) as string].join('/').replace(/\/+$/, '');
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
      return { path: `/${path.replace(/:(\w+)/g, '{$1}')}`, method: method.toLowerCase(), description };
    });
  });
}

/** Methods by path, as an `Allow` header lists them. */
export function methodsOf(routes: readonly AdminRoute[], path: string): string | undefined {
  const here = routes.filter(route => matches(route.path, path));
  const methods = here.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return methods.length === 0 ? undefined : methods.join(', ');
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith('{') || part === given[i]);
}

function handlersOf({ prototype }: Type): Handler[] {
  const members = Object.getOwnPropertyNames(prototype).map(name => (prototype as Record<string, unknown>)[name]);
  return members.filter(
    (member): member is Handler => typeof member === 'function' && Reflect.hasMetadata(METHOD_METADATA, member),
  );
}
