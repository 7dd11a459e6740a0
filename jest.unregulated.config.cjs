/** The data plane's tests: all but those of regulators, and of facts that are heard on the bus. */
const REGULATED = [
  '/vsm/(s[2-5]|algedonic)',
  '/test/integration/(activity|admin|algedonic|calm|control|coordination|defective-regulators)',
  '/test/integration/(forced-circuits|intelligence|levers-(limits|modes)|policy|pool-pressure|reach|unsteady|variety|vsm-updates)',
  '/test/chaos/viability',
  '/test/e2e/(alerts|client-story|command-line|prometheus|secrets|series)',
  '/test/chaos/regressions/initialize-over-the-rate',
];

module.exports = { ...require('./jest.config.cjs'), testPathIgnorePatterns: ['/node_modules/', ...REGULATED] };
