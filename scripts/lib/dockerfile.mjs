/** A Dockerfile as stages of steps. It knows what ours uses; whatever else stands there is an error, not something left out. */
import { readFileSync } from 'node:fs';
import { DockerfileParser } from 'dockerfile-ast';

/**
 * @returns stages in order: `{ name, image, steps }`, a step being `{ run }`, `{ copy, to, from }`, `{ env }`, `{ workdir }`, `{ user }`,
 *   `{ entrypoint }`, `{ health }` or `{ ports }`
 */
export function stagesOf(file) {
  const args = {};
  const expand = text => text.replace(/\$\{(\w+)\}/g, (whole, name) => args[name] ?? whole);
  const stages = [];
  for (const instruction of DockerfileParser.parse(readFileSync(file, 'utf8')).getInstructions()) {
    const name = instruction.getInstruction();
    if (name === 'ARG' && stages.length === 0) {
      const property = instruction.getProperty();
      args[property.getName()] = property.getValue();
    } else if (name === 'FROM') {
      stages.push({ name: instruction.getBuildStage(), image: expand(instruction.getImage()), steps: [] });
    } else if (STEPS[name] && stages.length > 0) {
      stages.at(-1).steps.push(STEPS[name](instruction));
    } else {
      throw new Error(`${file}: this check does not know ${name} there`);
    }
  }
  return stages;
}

/** The exec form; of the shell form nothing is used here. */
function words(text) {
  const list = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error(`not the exec form: ${text}`);
  return list;
}

/** Of an instruction that goes over several lines. */
const content = instruction => instruction.getRawArgumentsContent().replace(/\\\n/g, ' ');

const STEPS = {
  RUN: instruction => ({ run: content(instruction) }),
  COPY: instruction => {
    const paths = instruction.getArguments().map(argument => argument.getValue());
    return { copy: paths.slice(0, -1), to: paths.at(-1), from: instruction.getFromFlag()?.getValue() };
  },
  ENV: instruction => ({
    env: Object.fromEntries(instruction.getProperties().map(each => [each.getName(), each.getValue()])),
  }),
  WORKDIR: instruction => ({ workdir: content(instruction) }),
  USER: instruction => ({ user: content(instruction) }),
  EXPOSE: instruction => ({ ports: content(instruction).split(/\s+/).map(Number) }),
  ENTRYPOINT: instruction => ({ entrypoint: words(content(instruction)) }),
  HEALTHCHECK: instruction => {
    const [, command] = /\bCMD\s+(\[.*\])\s*$/s.exec(content(instruction)) ?? [];
    if (command === undefined) throw new Error('HEALTHCHECK without CMD in exec form');
    return { health: words(command) };
  },
};
