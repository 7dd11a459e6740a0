/** A fenced code block of a Markdown page. */
export interface CodeBlock {
  /** The heading above it, without its `#`s. */
  section: string;
  language: string;
  code: string;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let section = '';
  for (const [, heading, language, code] of markdown.matchAll(/^#+ (.+)$|^```(\w*)\n([^]*?)^```$/gm)) {
    if (heading !== undefined) section = heading.trim();
    else blocks.push({ section, language: language!, code: code! });
  }
  return blocks;
}
