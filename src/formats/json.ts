/**
 * JSON from strangers. What parsing takes grows with how deep lists and records are nested, not with the length of the text, so that this is looked at before.
 *
 * @param levels how deep they may be
 * @throws SyntaxError when they are deeper, or the text is no JSON
 */
export function parseJSON(text: string, levels: number): unknown {
  let level = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) inString = !inString;
    else if (inString) i += c === BACKSLASH ? 1 : 0;
    else if (c === BRACKET || c === BRACE) level++;
    else if (c === BRACKET + 2 || c === BRACE + 2) level--;
    if (level > levels) throw new SyntaxError(`more than ${levels} levels at character ${i}`);
  }
  return JSON.parse(text);
}

const [QUOTE, BACKSLASH, BRACKET, BRACE] = [0x22, 0x5c, 0x5b, 0x7b];
