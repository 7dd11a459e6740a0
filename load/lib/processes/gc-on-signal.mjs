/** Preloaded into a gateway (`node --expose-gc --import`) so that its heap can be seen without garbage: SIGUSR2. */
process.on('SIGUSR2', () => globalThis.gc());
