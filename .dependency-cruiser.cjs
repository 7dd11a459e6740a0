/**
 * Who may import whom (docs/ARCHITECTURE.md). A rule that fights the code may be the one to change: change it here and
 * say why.
 */
const stations = [
  'transport',
  'identity',
  'session',
  'delivery',
  'routing',
  'resilience',
  'pool',
  'unit',
  'connectors',
  'cluster',
];
/** They join stations: a call passes through mcp/, a pushed message through hub/. */
const joiners = ['mcp', 'hub'];
const dataPlane = `^src/(${[...stations, ...joiners, 'kernel', 'telemetry', 'vsm/s1-operations'].join('|')})/`;
const code = { pathNot: '\\.(spec|contract)\\.ts$' };

const strangers = stations.map(station => ({
  name: `station-${station}`,
  comment: `${station}/ meets the other stations only through ports in kernel/ports; mcp/ and hub/ join them.`,
  severity: 'error',
  from: { path: `^src/${station}/`, ...code },
  to: { path: '^src/', pathNot: [`^src/(${station}|kernel|telemetry)/`, '^src/config/(config\\.module|schema)\\.ts$'] },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Data flows one way. Type-only imports count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'kernel-is-the-bottom',
      comment: 'kernel/ imports nothing of ours.',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^src/', pathNot: '^src/kernel/' },
    },
    {
      name: 'telemetry-knows-only-the-kernel',
      severity: 'error',
      from: { path: '^src/telemetry/' },
      to: { path: '^src/', pathNot: '^src/(telemetry|kernel)/' },
    },
    ...strangers,
    {
      name: 'joiners-do-not-meet',
      comment: 'What hub/ wants of mcp/ it asks through a port, and the other way round.',
      severity: 'error',
      from: { path: '^src/(mcp|hub)/', ...code },
      to: { path: '^src/(mcp|hub)/', pathNot: '^src/$1/' },
    },
    {
      name: 'joiners-are-composed',
      comment: 'Only what composes the gateway, and its face to the regulators, knows the rooms that join stations.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(mcp|hub|app|vsm/s1-operations)/|^src/app\\.module\\.ts$' },
      to: { path: '^src/(mcp|hub)/' },
    },
    {
      name: 'joiners-know-no-transport',
      comment: 'Connections come to mcp/ and hub/ as ports.',
      severity: 'error',
      from: { path: '^src/(mcp|hub)/', ...code },
      to: { path: '^src/transport/' },
    },
    {
      name: 'eras-do-not-meet',
      comment: 'Only eras/bridge knows two eras.',
      severity: 'error',
      from: { path: '^src/mcp/eras/(legacy|modern)/' },
      to: { path: '^src/mcp/eras/', pathNot: ['^src/mcp/eras/$1/', '^src/mcp/eras/[^/]+\\.ts$'] },
    },
    {
      name: 'app-is-on-top',
      comment: 'Nothing but main.ts and app.module.ts knows who starts and stops the gateway.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/app/|^src/(main|app\\.module)\\.ts$|\\.spec\\.ts$' },
      to: { path: '^src/app/' },
    },
    {
      name: 'data-plane-without-control-plane',
      comment: 'Cut S2–S5, the algedonic channel and management off, and messages still flow.',
      severity: 'error',
      from: { path: dataPlane },
      to: { path: '^src/(vsm/(s2|s3|s4|s5)[^/]*|vsm/algedonic|management)/' },
    },
    {
      name: 'regulators-meet-on-the-bus',
      severity: 'error',
      from: { path: '^src/vsm/(s[2-5][^/]*|algedonic)/', ...code },
      to: { path: '^src/vsm/', pathNot: '^src/vsm/$1/' },
    },
    {
      name: 'regulators-touch-no-message',
      comment: 'They read facts and move levers, through ports.',
      severity: 'error',
      from: { path: '^src/vsm/(s[2-5][^/]*|algedonic|levers)/', pathNot: '\\.(module|spec|contract)\\.ts$' },
      to: { path: `^src/(${[...stations, ...joiners].join('|')})/` },
    },
    {
      name: 'drivers-are-chosen-by-modules',
      comment: 'x.memory.ts, x.redis.ts, x.postgres.ts, x.pino.ts: only modules, main.ts and tests.',
      severity: 'error',
      from: { path: '^src/', pathNot: '(\\.module|\\.spec|\\.contract|/main)\\.ts$' },
      to: { path: '\\.(memory|redis|postgres|pino)\\.ts$' },
    },
    {
      name: 'config-is-read-by-modules',
      comment:
        'Modules pass slices down; besides them only what makes units of their configuration, and what applies another.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/config/|\\.(module|spec)\\.ts$|/unit-factory\\.ts$|^src/main\\.ts$|^src/app/',
      },
      to: { path: '^src/config/' },
    },
    {
      name: 'nest-composes',
      comment:
        'Only what Nest must see knows Nest; what carries messages is plain code. What Nest makes says so with a decorator of @nestjs/common.',
      severity: 'error',
      from: {
        path: dataPlane,
        pathNot: '\\.(module|controller|gateway|spec)\\.ts$|/ws-adapter\\.ts$|/event-bus\\.ts$',
      },
      to: { path: 'node_modules/@nestjs/(?!common/)' },
    },
    {
      name: 'client-stands-alone',
      comment: 'Browsers load client/ as it is: no packages, nothing of Node, nothing of the gateway.',
      severity: 'error',
      from: { path: '^src/client/', ...code },
      to: { pathNot: '^src/client/' },
    },
    {
      name: 'client-is-for-others',
      comment: 'The gateway is no client of itself; tests are.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/client/|\\.spec\\.ts$' },
      to: { path: '^src/client/' },
    },
    {
      name: 'cli-stands-alone',
      comment:
        'The command line speaks to a gateway over HTTP, also to one of another version. How alike two words are is no ' +
        'part of any version.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/', pathNot: '^src/cli/|^src/kernel/edit-distance\\.ts$' },
    },
    {
      name: 'cli-is-for-operators',
      comment: 'Nothing of the gateway needs the command line.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.(spec|contract)\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
