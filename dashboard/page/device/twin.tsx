import type { Api } from '../../core/api';
import { Failure } from '../failure';
import { useAnswer } from '../hooks';

interface TwinProps {
  readonly api: Api;
  readonly hub: string;
  readonly deviceId: string;
}

/** The device's twin, as the hub has it. */
export function Twin({ api, hub, deviceId }: TwinProps) {
  const { value, error, again } = useAnswer({
    key: `${hub}\n${deviceId}`,
    ask: (signal) => api.twin(hub, deviceId, signal),
  });
  const connection = value?.['connectionState'];
  return (
    <section aria-labelledby="twin">
      <h2 id="twin">Twin</h2>
      {error !== undefined && <Failure error={error} again={again} />}
      {value !== undefined && (
        <>
          <p>
            Connection: {typeof connection === 'string' ? connection : 'not told'}{' '}
            <button type="button" onClick={again}>
              Read it again
            </button>
          </p>
          <pre tabIndex={0} role="region" aria-label="Twin as JSON">
            {JSON.stringify(value, null, 2)}
          </pre>
        </>
      )}
    </section>
  );
}
