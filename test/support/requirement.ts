/**
 * Tests of clients that npm cannot bring. Where such a client is missing they count as skipped and their name says what
 * to install; in CI, where everything has to be there, they fail.
 *
 * @param missing what to install, undefined if everything is there
 */
export function describeWith(missing: string | undefined, name: string, tests: () => void): void {
  if (missing === undefined) {
    describe(name, tests);
  } else if (process.env.CI === 'true') {
    it(`${name}: ${missing}`, () => {
      throw new Error(missing);
    });
  } else {
    describe.skip(`${name} (${missing})`, tests);
  }
}
