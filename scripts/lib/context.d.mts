export function isIgnored(path: string): boolean;
