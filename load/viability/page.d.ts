export function placed(page: string, report: string): string;
