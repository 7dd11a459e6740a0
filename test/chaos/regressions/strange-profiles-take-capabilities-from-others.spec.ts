import { httpUnit, Stage, textIn } from '../../support/rogue.js';

/** `SharedUpstreams.affordable` counts before it looks whether the lines of that profile are there. */
describe('sessions with ever new capabilities', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('do not take theirs from sessions with usual ones', async () => {
    const [remote, other] = [await stage.remote(), await stage.remote()];
    const shared = { lease: 'shared', size: 1_000 };
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, shared), httpUnit('v', other, shared)] });
    const usual = { roots: { listChanged: true }, sampling: {}, elicitation: {} };
    await stage.client(gateway.mcpUrl, usual);
    const some = (...names: string[]) => [
      undefined,
      {},
      ...names.flatMap(a => [{ [a]: {} }, { [a]: true }]),
      ...(names[1]
        ? [
            { [names[0]!]: {}, [names[1]]: {} },
            { [names[0]!]: true, [names[1]]: {} },
            { [names[0]!]: {}, [names[1]]: true },
            { [names[0]!]: true, [names[1]]: true },
          ]
        : []),
    ];
    const profiles = some('listChanged').flatMap(roots =>
      some('context', 'tools').flatMap(sampling =>
        some('form', 'url').map(elicitation => JSON.parse(JSON.stringify({ roots, sampling, elicitation }))),
      ),
    );
    for (let i = 0; i < 140; i += 10) {
      await Promise.all(profiles.slice(i, i + 10).map(profile => stage.client(gateway.mcpUrl, profile)));
    }
    const late = await stage.client(gateway.mcpUrl, usual);
    expect(JSON.parse(textIn(await late.call('u__caps')))).toEqual(usual);
  });
});
