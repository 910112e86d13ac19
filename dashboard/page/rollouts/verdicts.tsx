import { momentText } from '../../../domain/decision-texts';
import type { Finding } from '../../../domain/gate';
import type { Decision, RolloutState } from '../../../domain/progress';
import { local } from '../../core/format';

type Gate = Extract<Decision, { kind: 'gate' }>;

const FindingItem = ({ finding: { name, kind, reason, inputs } }: { readonly finding: Finding }) => (
  <li>
    <span class={`badge finding-${kind}`}>{kind}</span> {name}: {reason}
    {Object.keys(inputs).length > 0 && (
      <details>
        <summary>What {name} was judged on</summary>
        <pre tabIndex={0} role="region" aria-label={`Inputs of ${name}`}>
          {JSON.stringify(inputs, null, 2)}
        </pre>
      </details>
    )}
  </li>
);

function Verdict({ decision: { at, after, wave, verdict } }: { readonly decision: Gate }) {
  const { kind, gate, reason, findings = [] } = verdict;
  return (
    <li data-verdict={kind}>
      <p>
        <span class={`badge verdict-${kind}`}>{kind}</span> {momentText(after, wave)},{' '}
        <time dateTime={at}>{local(at)}</time>
      </p>
      <p>
        {gate}: {reason}
      </p>
      {findings.length > 0 && (
        <ul>
          {findings.map((finding) => (
            <FindingItem key={finding.name} finding={finding} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** What gates have decided, with their numbers, the newest first; and what they ask. */
export function Verdicts({ state: { decisions, plan } }: { readonly state: RolloutState }) {
  const gates = decisions.filter((decision): decision is Gate => decision.kind === 'gate').reverse();
  return (
    <section aria-labelledby="gates">
      <h2 id="gates">Gates</h2>
      {gates.length === 0 && <p>No gate has been asked yet.</p>}
      <ul class="verdicts">
        {gates.map((decision) => (
          <Verdict key={`${decision.at}${decision.after}${decision.wave}`} decision={decision} />
        ))}
      </ul>
      {plan !== undefined && plan.gates.length > 0 && (
        <details>
          <summary>What is asked, and when</summary>
          <ul>
            {plan.gates.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
