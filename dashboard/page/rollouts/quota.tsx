import { type ArbiterState, freeSlots } from '../../../domain/arbiter';
import type { HubUse } from '../../../domain/plan';
import { number } from '../../core/format';

const slotsText = (arbiter: ArbiterState): string => {
  const { slots, held, waiting } = arbiter;
  const holders = held.map(({ rolloutId, slots: n }) => `${rolloutId} (${n})`).join(', ');
  return [
    `${freeSlots(arbiter)} of ${slots} free`,
    ...(holders === '' ? [] : [`held by ${holders}`]),
    ...(waiting.length === 0 ? [] : [`${waiting.length} waiting`]),
  ].join('; ');
};

/** Minutes that the calls take at least, if nobody else asks the hub. */
const minutesOf = (count: number, perMinute: number): string => number(Math.ceil((count / perMinute) * 10) / 10);

function Hub({
  use: { hub, sku, jobSlots, calls },
  arbiter,
}: {
  readonly use: HubUse;
  readonly arbiter: ArbiterState | undefined;
}) {
  return (
    <li>
      <h3>
        {hub} <span class="more">{`${sku.units} × ${sku.name}`}</span>
      </h3>
      <p>Job slots: {arbiter === undefined ? `${jobSlots}, none held` : slotsText(arbiter)}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Quotas of ${hub}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Calls</th>
              <th scope="col">At least</th>
              <th scope="col">At most</th>
              <th scope="col">Allowed a minute</th>
              <th scope="col">Minutes</th>
            </tr>
          </thead>
          <tbody>
            {calls.map(({ what, count, most, perMinute }) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                <td>{number(count)}</td>
                <td>{number(most)}</td>
                <td>{number(perMinute)}</td>
                <td>{minutesOf(count, perMinute)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </li>
  );
}

/** What the rollout asks of its hubs, against what they allow, and who has their job slots now. */
export const Quota = ({
  uses,
  arbiters,
}: {
  readonly uses: readonly HubUse[];
  readonly arbiters: readonly ArbiterState[];
}) => (
  <section aria-labelledby="quota">
    <h2 id="quota">Hub quotas</h2>
    <ul class="hubs">
      {uses.map((use) => (
        <Hub key={use.hub} use={use} arbiter={arbiters.find(({ hub }) => hub === use.hub)} />
      ))}
    </ul>
  </section>
);
