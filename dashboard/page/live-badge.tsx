import type { LiveStatus } from '../core/follow';

const TEXTS = {
  connecting: 'connecting',
  loading: 'loading devices',
  live: 'live',
  away: 'not live',
} as const satisfies Record<LiveStatus['kind'], string>;

/** Whether what is shown is what is. */
export const LiveBadge = ({ status }: { readonly status: LiveStatus }) => (
  <p class={`badge live-${status.kind}`} role="status" data-live={status.kind}>
    {TEXTS[status.kind]}
    {status.kind === 'away' && <span class="why">: {status.why}; trying again</span>}
  </p>
);
