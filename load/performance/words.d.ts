export interface Way {
  title: string;
  rounds: readonly object[];
}

export function ahead(ours: Way, ways: readonly Way[], given: { figure: string; what: string; less?: boolean }): string;
