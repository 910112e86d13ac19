import { ago, local } from '../../core/format';
import { hashOf } from '../../core/route';
import { Failure } from '../failure';
import { useAnswer, useNow } from '../hooks';
import type { Page } from '../page';

const LIST_EVERY_MS = 5_000;

/** All rollouts that the server remembers, the newest first. */
export function RolloutsPage({ page: { api } }: { readonly page: Page }) {
  const nowMs = useNow();
  const { value, error, again } = useAnswer({
    key: 'rollouts',
    ask: (signal) => api.rollouts(signal),
    nextMs: () => LIST_EVERY_MS,
  });
  return (
    <>
      {error !== undefined && <Failure error={error} again={again} />}
      {value?.rollouts.length === 0 && <p>There is no rollout.</p>}
      {value !== undefined && value.rollouts.length > 0 && (
        <ul class="rollouts">
          {value.rollouts.map(({ rolloutId, state, execution, wave, hubs = [], requester, startedAt }) => (
            <li key={rolloutId}>
              <a href={hashOf({ kind: 'rollout', rolloutId })}>{rolloutId}</a>{' '}
              <span class="badge">
                {execution === 'RUNNING' || execution === 'COMPLETED' ? (state ?? execution) : execution}
              </span>
              <span class="more">
                {wave !== undefined && wave > 0 && `wave ${wave}, `}
                {hubs.length > 0 && `hubs ${hubs.join(', ')}, `}
                {requester !== undefined && `by ${requester}, `}
                <time dateTime={startedAt} title={local(startedAt)}>
                  {ago(startedAt, nowMs)}
                </time>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
