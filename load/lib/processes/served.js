/** The other end of `Remote`: carries out the commands that come over the IPC channel, one reply for each. */
export function serve(commands) {
  process.on('message', async ({ id, name, given }) => {
    try {
      if (!Object.hasOwn(commands, name)) throw new Error(`there is no command ${name}`);
      process.send({ id, result: await commands[name](given) });
    } catch (thrown) {
      process.send({ id, error: thrown.message });
    }
  });
  // Nobody is left who could tell us to end.
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
}
