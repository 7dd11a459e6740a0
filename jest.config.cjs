/**
 * Jest runs in CommonJS mode: in ESM mode on Node 20 it cannot load the CommonJS packages that require ESM Nest.
 * So everything, dependencies included, goes through swc.
 */
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs' },
  },
];

module.exports = {
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  transform: { '^.+\\.[cm]?[tj]s$': swc },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 240_000,
  // Most suites wait more than they compute: with two cores, three of them take a sixth less time than two.
  maxWorkers: 3,
};
