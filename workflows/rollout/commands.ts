import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { FAULTS } from '../../domain/errors';
import { type Command, COMMANDS, effectOf, type RolloutStatus } from '../../domain/machine';
import type { ChangeOrder, Order, RolloutState, Settings } from '../../domain/progress';
import { refusalOf } from '../../domain/steering';
import { rolloutState, STEER } from '../messages';
import { now } from './journal';
import type { Run } from './run';

function refuse(why: string): never {
  const type = 'GS_ORDER_REFUSED';
  throw ApplicationFailure.nonRetryable(`${type}: ${FAULTS[type].text} (${why})`, type);
}

/** The wave that an order is about: the last one that has begun. */
const waveNow = ({ waves }: RolloutState): number => waves.findLast(({ status }) => status !== 'pending')?.index ?? 0;

/** Ends the phase at work, whatever it waits for. */
function endPhase({ journal, phase }: Run, status: RolloutStatus): void {
  journal.note({ paused: undefined, held: undefined });
  journal.status(status);
  phase?.cancel();
}

/** A hold that a person puts on a wait: nothing runs, so it holds at once, and `proceed` goes back to the wait. */
function holdNow({ journal, crew }: Run, { actor, reason }: Order): void {
  const { status, paused, waitsFor } = journal.state;
  const from = paused?.from ?? status;
  const waited = paused === undefined ? waitsFor : paused.waited;
  journal.note({ paused: undefined, held: { from, by: 'person', ...(waited && { waited }) } });
  journal.status('held', { for: 'person', why: `${actor}: ${reason}` });
  crew.interrupt();
}

/** Ends a hold: what a gate held goes on, what a person held goes back to where it was. */
function endHold({ journal, orders }: Run, order: Order): void {
  const { held } = journal.state;
  if (held === undefined) return;
  journal.note({ held: undefined });
  journal.status(held.from, held.waited);
  if (held.by === 'gate') orders.proceed = order;
}

/** Opens shut windows for the waves that wait for them; where none does, the wait for late joiners is meant. */
function openWindows({ journal, orders }: Run, order: Order): void {
  const waiting = journal.state.waves.filter(({ shares }) => shares.some(({ status }) => status === 'waiting'));
  for (const { index } of waiting) journal.wave({ pass: 'wave', index }, { windowWaived: true });
  if (waiting.length === 0) orders.proceed = order;
}

function proceed(run: Run, order: Order): void {
  const { status } = run.journal.state;
  if (status === 'held') endHold(run, order);
  else if (status === 'waiting') openWindows(run, order);
  else run.orders.proceed = order; // a soak
}

/** Nothing in flight goes by these. */
const AFTER_BATCHES: readonly string[] = ['soakMs', 'successTarget'] satisfies (keyof Settings)[];

function change({ journal, crew }: Run, { settings }: ChangeOrder): void {
  journal.note({ settings: { ...journal.state.settings, ...settings } });
  if (Object.keys(settings).some((field) => !AFTER_BATCHES.includes(field))) crew.interrupt();
}

/** What each command does, at once and without waiting: the steps of the rollout see it and act. */
const CARRY_OUT: Readonly<Record<Command, (run: Run, order: ChangeOrder) => void>> = {
  pause({ journal, crew }) {
    const { status, waitsFor } = journal.state;
    journal.note({ paused: { from: status, ...(waitsFor && { waited: waitsFor }) } });
    journal.status('paused', { for: 'resume' });
    crew.interrupt();
  },
  resume({ journal }) {
    const { paused } = journal.state;
    if (paused === undefined) return;
    journal.note({ paused: undefined });
    journal.status(paused.from, paused.waited);
  },
  approve({ orders }, { actor, reason }) {
    orders.approval = { kind: 'approve', order: { actor, reason } };
  },
  deny({ orders, journal }, { actor, reason }) {
    orders.approval = { kind: 'deny', order: { actor, reason } };
    journal.status('denied');
  },
  hold(run, order) {
    const { status } = run.journal.state;
    if (status === 'running' || status === 'catchingUp') run.orders.hold = order;
    else holdNow(run, order);
  },
  proceed,
  abort(run) {
    run.asked = 'aborted';
    endPhase(run, 'aborting');
  },
  rollback(run) {
    run.asked = 'rollback';
    endPhase(run, 'rollingBack');
  },
  change,
};

/** Keeps an order, with who and why, and carries it out. */
function carryOut(run: Run, command: Command, order: ChangeOrder): void {
  const { actor, reason } = order;
  const settings = command === 'change' && { settings: order.settings };
  run.journal.decided({
    kind: command,
    at: now(),
    wave: waveNow(run.journal.state),
    order: { actor, reason },
    ...settings,
  });
  CARRY_OUT[command](run, order);
}

/** Takes up the query and all commands. To be called before the first wait, so that none comes too early. */
export function answer(run: Run): void {
  const { journal, spec } = run;
  setHandler(rolloutState, () => journal.state, { description: 'The rollout as it stands' });
  for (const command of COMMANDS) {
    setHandler(
      STEER[command],
      (order: Order) => {
        if (effectOf(command, journal.state.status) === 'done') carryOut(run, command, order as ChangeOrder);
        return journal.state;
      },
      {
        description: `${command}: needs actor and reason`,
        validator: (order: Order) => {
          const refusal = refusalOf(command, order, { state: journal.state, spec });
          if (refusal !== undefined) refuse(refusal);
        },
      },
    );
  }
}
