import 'reflect-metadata';
import { z } from 'zod';

/** What one route is for and takes; its path and method are where Nest has them. */
export interface Description {
  /** A sentence. */
  summary: string;
  /** Of the JSON body. */
  body?: z.ZodType;
  /** Of the query parameters. */
  query?: z.ZodObject;
  /** Of the answer, where that is JSON of a shape that is promised. */
  answer?: z.ZodType;
  /** Of an answer that is not JSON. */
  media?: string;
}

const KEY = 'viable:description';

/** Says in the OpenAPI document what a route is for. */
export function Described(description: Description): MethodDecorator {
  return (_, __, descriptor) => Reflect.defineMetadata(KEY, description, descriptor.value as object);
}

export function descriptionOf(handler: object): Description | undefined {
  return Reflect.getMetadata(KEY, handler) as Description | undefined;
}
