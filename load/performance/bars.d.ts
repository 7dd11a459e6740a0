export interface Panel {
  title: string;
  rows: readonly { name: string; title: string; value?: { median: number; min: number; max: number } }[];
}

export function bars(title: string, subtitle: string, panels: readonly Panel[]): string;
