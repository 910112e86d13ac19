import type { Notice } from '../contracts';
import { cut } from './ask';

const HEADLINES: Readonly<Record<Notice['kind'], string>> = {
  started: 'started',
  held: 'is held',
  breached: 'breached its failure limit',
  approvalNeeded: 'needs an approval',
  ended: 'ended',
};

/** Source: Slack, "Formatting text for app surfaces", escaping: these three only. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A section's text has 3,000 characters at most. Source: Slack, Block Kit reference, "Section block". */
const MAX_TEXT = 2_900;

/** A message of an incoming webhook: `text` is what notifications show, the blocks are what the channel shows. */
export function slackMessage({ kind, at, rolloutId, name, status, wave, reason }: Notice): object {
  const headline = `Rollout ${rolloutId} ${HEADLINES[kind]}${kind === 'ended' ? `: ${status}` : ''}`;
  const facts = [name, `status ${status}`, ...(wave === undefined ? [] : [`wave ${wave}`]), at].join(' · ');
  const section = `*${escaped(headline)}*\n${escaped(cut(reason, 2_000))}`;
  return {
    text: cut(`${escaped(headline)}: ${escaped(reason)}`, MAX_TEXT),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: cut(section, MAX_TEXT) } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: cut(escaped(facts), MAX_TEXT) }] },
    ],
  };
}
