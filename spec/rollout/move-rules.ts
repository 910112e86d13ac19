import { asksHubs, destinationOf, moveOf } from '../../domain/move-scope';
import { complain, type Rule } from './rule';

const OWN_EXECUTOR: Rule = {
  reads: ['action', 'executor'],
  ask: ({ action, executor }) =>
    complain(
      action.kind === 'migrate' && executor !== undefined,
      ['executor'],
      'nothing for a move, which has an executor of its own; trigger.method.by says how devices are told',
    ),
};

const ELSEWHERE: Rule = {
  reads: ['action', 'target'],
  ask: ({ action, target }) => {
    const to = destinationOf({ action });
    return complain(
      to !== undefined && target.hubs.includes(to),
      ['action', 'migrate', 'to'],
      'a hub that is not among target.hubs: devices there need no move',
    );
  },
};

const NO_OWN_WAY_BACK: Rule = {
  reads: ['action', 'rollback'],
  ask: ({ action, rollback }) =>
    complain(
      action.kind === 'migrate' && rollback?.action !== undefined,
      ['rollback', 'action'],
      'nothing for a move: devices go home, and their twins are as they were',
    ),
};

const ONE_WAY: Rule = {
  reads: ['action', 'rollback', 'onBreach'],
  ask: ({ action, rollback, onBreach }) => {
    const why = 'with evacuate: the old twins are not read, and the old hub takes nobody back';
    if (moveOf({ action })?.evacuate !== true) return [];
    return [
      ...complain(rollback !== undefined, ['rollback'], `nothing ${why}`),
      ...complain(onBreach === 'rollback', ['onBreach'], `hold or abort ${why}`),
    ];
  },
};

const REGISTERED_MOVES: Rule = {
  reads: ['action', 'target'],
  ask: ({ action, target }) => [
    ...complain(
      target.kind === 'registered' && action.kind !== 'migrate',
      ['target', 'registered'],
      'where, devices or devicesFile: only a move goes by what the provisioning service says',
    ),
    ...complain(
      target.kind === 'registered' && moveOf({ action })?.to === 'origin',
      ['target', 'registered'],
      "where, devices or devicesFile with to: origin: the devices' tags say where they came from",
    ),
  ],
};

const EVACUATES_KNOWN: Rule = {
  reads: ['action', 'target'],
  ask: ({ action, target }) =>
    complain(
      moveOf({ action })?.evacuate === true && target.kind === 'query',
      ['target', 'where'],
      'registered: true, devices or devicesFile with evacuate: the old hub answers no query',
    ),
};

/** What only the twins of the old hub tell. */
const ASKS_NO_TWINS: Rule = {
  reads: ['action', 'target', 'waves', 'window'],
  ask: ({ action, target, waves, window }) => {
    const known =
      'nothing that a twin tells: with target.registered or evacuate the plan asks the provisioning service only';
    if (action.kind !== 'migrate' || asksHubs({ action, target })) return [];
    return [
      ...complain(waves.kind === 'rings' || waves.kind === 'cohorts', ['waves', waves.kind], known),
      ...complain(window?.zone.kind === 'tag', ['window', 'timeZoneTag'], known),
      ...complain(target.done !== undefined, ['target', 'done'], known),
    ];
  },
};

const WATCHES_ONE_HUB: Rule = {
  reads: ['action', 'watch'],
  ask: ({ action, watch }) =>
    complain(
      watch !== undefined && moveOf({ action })?.to === 'origin',
      ['watch'],
      'nothing with to: origin: a watch looks at one hub that all devices go to',
    ),
};

const QUARANTINE_APART: Rule = {
  reads: ['action', 'quarantine', 'target'],
  ask: ({ action, quarantine, target }) => {
    const hub = quarantine?.hub;
    return [
      ...complain(
        hub !== undefined && target.hubs.includes(hub),
        ['quarantine', 'hub'],
        'a hub that is not among target.hubs: devices are there already',
      ),
      ...complain(
        hub !== undefined && hub === destinationOf({ action }),
        ['quarantine', 'hub'],
        'another hub than the one that the move goes to',
      ),
      ...complain(
        hub !== undefined && moveOf({ action })?.evacuate === true,
        ['quarantine', 'hub'],
        'nothing with evacuate: whoever does not arrive cannot be sent elsewhere through the old hub',
      ),
    ];
  },
};

/** What must hold between the sections of a move. */
export const MOVE_RULES: readonly Rule[] = [
  OWN_EXECUTOR,
  ELSEWHERE,
  NO_OWN_WAY_BACK,
  ONE_WAY,
  REGISTERED_MOVES,
  EVACUATES_KNOWN,
  ASKS_NO_TWINS,
  WATCHES_ONE_HUB,
  QUARANTINE_APART,
];
