import { stderr } from 'node:process';

const EVERY_MS = { terminal: 250, pipe: 30_000 };

/**
 * Shows a step that may take long: one line that is written over on a terminal; in a pipe one line at its start, one
 * every half minute and one at its end.
 *
 * @template T
 * @param {string} name    what is being done
 * @param {string} usually how long it usually takes
 * @param {(update: (detail: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function showStep(name, usually, work) {
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  let detail = `usually ${usually}`;
  const draw = stderr.isTTY
    ? () => overwrite(`${name}  ${seconds()}  ${detail}`)
    : () => stderr.write(`${name}: ${seconds()} so far, ${detail}\n`);
  if (!stderr.isTTY) stderr.write(`${name} (${detail})\n`);
  const timer = setInterval(draw, stderr.isTTY ? EVERY_MS.terminal : EVERY_MS.pipe);
  try {
    const result = await work((text) => (detail = text));
    clear();
    stderr.write(`${name}: done in ${seconds()}\n`);
    return result;
  } finally {
    clearInterval(timer);
    clear();
  }
}

function overwrite(text) {
  clear();
  stderr.write(text.slice(0, (stderr.columns ?? 80) - 1));
}

function clear() {
  if (stderr.isTTY) stderr.write('\r\u001b[K');
}
