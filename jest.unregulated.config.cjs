/** The data plane's tests: all but those of regulators, and of facts that are heard on the bus. */
const REGULATED = ['/src/vsm/(s[2-5]|algedonic)', '/regulated/'];

module.exports = { ...require('./jest.config.cjs'), testPathIgnorePatterns: ['/node_modules/', ...REGULATED] };
