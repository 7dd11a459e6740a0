/** Puts what was printed between `<!-- step NAME -->` and `<!-- /step -->`. @throws Error where a step has no place */
export function fillSteps(page, steps) {
  for (const [name, text] of steps) {
    const place = new RegExp(`(<!-- step ${name} -->)[^]*?(<!-- /step -->)`);
    if (!place.test(page)) throw new Error(`docs/INCIDENT.md has no step "${name}"`);
    page = page.replace(place, (_, begin, end) => `${begin}\n\n\`\`\`console\n${text}\n\`\`\`\n\n${end}`);
  }
  return page;
}
