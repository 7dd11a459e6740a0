export interface Panel {
  name: string;
  title: string;
  from: number;
  to: number;
  on: readonly number[];
  off: readonly number[];
}

export function chart(panels: readonly Panel[], subtitle: string): string;
