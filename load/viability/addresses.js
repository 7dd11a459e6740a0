/**
 * An address of loopback for each client, since anonymous clients of one address are one to whoever counts them. Linux
 * has all of 127.0.0.0/8; elsewhere everybody comes from the same one.
 * @param block 1 to 250, another one for each kind of clients
 */
export function addressOf(block, index) {
  if (process.platform !== 'linux') return undefined;
  return `127.${block}.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}
