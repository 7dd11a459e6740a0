export class CuttingProxy {
  static start(target: string): Promise<CuttingProxy>;
  readonly port: number;
  readonly url: string;
  readonly turnedAway: number;
  mute(): void;
  cut(): void;
  down(): void;
  up(): void;
  stop(): Promise<void>;
}
