/** What the Dockerfile may copy. */
import { readFileSync } from 'node:fs';
import dockerignore from '@balena/dockerignore';

/** @param path relative to the repository */
export function isIgnored(path) {
  return dockerignore().add(readFileSync('.dockerignore', 'utf8')).ignores(path);
}
