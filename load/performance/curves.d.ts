export interface Panel {
  title: string;
  ways: readonly { name: string; title: string; curve: readonly (readonly [share: number, ms: number])[] }[];
}

export function curves(title: string, subtitle: string, panels: readonly Panel[]): string;
