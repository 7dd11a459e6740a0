export interface Step {
  run?: string;
  copy?: string[];
  to?: string;
  from?: string;
  env?: Record<string, string>;
  workdir?: string;
  user?: string;
  entrypoint?: string[];
  health?: string[];
  ports?: number[];
}

export interface Stage {
  name: string | null;
  image: string;
  steps: Step[];
}

export function stagesOf(file: string): Stage[];
