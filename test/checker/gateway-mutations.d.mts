export declare const GATEWAY_MUTATIONS: { name: string; file: string; find: string; replace: string }[];
