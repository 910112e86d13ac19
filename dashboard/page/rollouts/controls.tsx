import { useEffect, useRef, useState } from 'preact/hooks';
import { commandsIn } from '../../../domain/machine';
import type { RolloutState } from '../../../domain/progress';
import type { Api } from '../../core/api';
import { type Control, CONTROL_ROLE, CONTROLS, type Me } from '../../core/contract';
import { Failure } from '../failure';

const LABELS = { approve: 'Approve', pause: 'Pause', resume: 'Resume', abort: 'Abort' } as const;

const MEANING = {
  approve: 'The wave that waits begins.',
  pause: 'The batch in flight ends; no further device is touched until somebody resumes.',
  resume: 'It goes on where it was paused.',
  abort:
    'The batch in flight ends; no further device is touched, and the rollout cannot go on. Devices keep what they have got.',
} as const satisfies Record<Control, string>;

interface OrderProps {
  readonly api: Api;
  readonly state: RolloutState;
  readonly control: Control;
  readonly close: (done: boolean) => void;
}

/** What is sent, and what has become of it. */
function useOrder({ api, state, control, close }: OrderProps) {
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = async (reason: string): Promise<void> => {
    setSending(true);
    setError(undefined);
    try {
      await api.control(state.rolloutId, control, { reason, seen: state.decisionCount });
      close(true);
    } catch (caught) {
      setError(caught);
      setSending(false);
    }
  };
  return { sending, error, send };
}

/** Asks for the reason, and for an abort that the rollout's id be typed: it cannot be taken back. */
function OrderDialog(props: OrderProps) {
  const { state, control, close } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const { sending, error, send } = useOrder(props);
  useEffect(() => dialog.current?.showModal(), []);
  const ready = reason.trim() !== '' && (control !== 'abort' || typed === state.rolloutId);
  return (
    <dialog ref={dialog} aria-labelledby="order" onClose={() => close(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !sending) void send(reason.trim());
        }}
      >
        <h2 id="order">
          {LABELS[control]} {state.rolloutId}
        </h2>
        <p>{MEANING[control]}</p>
        <label>
          Reason; the history keeps it with your name
          <textarea
            required
            rows={3}
            maxLength={500}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        {control === 'abort' && (
          <label>
            Type <code>{state.rolloutId}</code> to confirm
            <input
              required
              autoComplete="off"
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
        )}
        {error !== undefined && <Failure error={error} />}
        <p class="buttons">
          <button type="submit" class={control === 'abort' ? 'danger' : 'primary'} disabled={!ready || sending}>
            {sending ? 'Sending' : LABELS[control]}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
        </p>
      </form>
    </dialog>
  );
}

interface ControlsProps {
  readonly api: Api;
  readonly state: RolloutState;
  readonly me: Me | undefined;
  readonly again: () => void;
}

/** What can be asked of the rollout now, for those who may. */
export function Controls({ api, state, me, again }: ControlsProps) {
  const [asked, setAsked] = useState<Control>();
  const [done, setDone] = useState('');
  const possible = CONTROLS.filter((control) => commandsIn(state.status).includes(control));
  if (possible.length === 0 && done === '') return null;
  if (me?.roles.includes(CONTROL_ROLE) !== true)
    return <p class="more">You can look; to steer it takes the role {CONTROL_ROLE}.</p>;
  const close = (order: Control, accepted: boolean): void => {
    setAsked(undefined);
    if (!accepted) return;
    setDone(`${order}: accepted`);
    again();
  };
  return (
    <>
      <p class="buttons" role="group" aria-label="Steer the rollout">
        {possible.map((control) => (
          <button
            key={control}
            type="button"
            class={control === 'abort' ? 'danger' : ''}
            onClick={() => setAsked(control)}
          >
            {LABELS[control]}
          </button>
        ))}
      </p>
      <p role="status">{done}</p>
      {asked !== undefined && (
        <OrderDialog key={asked} api={api} state={state} control={asked} close={(accepted) => close(asked, accepted)} />
      )}
    </>
  );
}
