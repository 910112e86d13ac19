const METHOD = `action:
  # A direct method. A device succeeds when it answers with a status from 200 to 299.
  method:
    name: lockDoor
    payload: { lockTime: 10m }
    responseTimeout: 30s # how long the hub waits for one device's answer
`;

const TWIN = `action:
  # Merged into each device's twin; null removes. Tags are for whoever asks the hub, desired properties for the device.
  twin:
    desired: { reportEvery: 5m }
    confirmWithin: 5m # a device succeeds when it has reported the desired values back within this time
`;

const MIGRATE = `action:
  # To another hub, through the provisioning service: each device is told to ask it again, by the direct method
  # \`reprovision\`, and goes home when it does not arrive or its twin is not the same there.
  migrate:
    to: east
    arriveWithin: 10m # until the device is connected there
`;

const METHOD_BACK = `# How devices are brought back. What a method did has no snapshot, so it needs an action that undoes it.
# rollback:
#   action: { method: { name: unlockDoor } }
`;

const TWIN_BACK = `# Devices are brought back by \`groundswell rollout rollback\`: each twin to what it held before.
rollback: true
`;

const MIGRATE_BACK = `# Devices are brought home by \`groundswell rollout rollback\`, each with the twin that it had before.
rollback: true
`;

/** What a new spec does to devices. */
export type TemplateAction = 'method' | 'twin' | 'migrate';

const BODY: Readonly<Record<TemplateAction, { readonly action: string; readonly back: string }>> = {
  method: { action: METHOD, back: METHOD_BACK },
  twin: { action: TWIN, back: TWIN_BACK },
  migrate: { action: MIGRATE, back: MIGRATE_BACK },
};

/**
 * A rollout spec to begin with, in YAML: everything that most rollouts need, with comments that say why.
 *
 * @param schema where the JSON Schema lies, as editors read it: a path relative to the spec's file
 */
export const specTemplate = (
  name: string,
  action: TemplateAction,
  schema: string,
): string => `# yaml-language-server: $schema=${schema}
#
#   npx groundswell rollout lint FILE     checks this file; contacts nothing
#   npx groundswell rollout plan FILE     what would happen; touches no device
#   npx groundswell rollout start FILE    does it
#
# Every field: docs/spec.md
apiVersion: groundswell/v1
name: ${name} # also the rollout's id, unless --id names another

target:
  hubs: [main] # the keys of \`hubs\` in the stack's outputs
  # A condition of IoT Hub's query language, asked once, when the rollout is planned. In its place: devices, a list of ids,
  # or devicesFile, a file with an id on each line.
  where: tags.building = 43

${BODY[action].action}
# How the target is cut into waves: a count, a share of all devices, the rest. In its place: rings, cohorts or a ramp.
waves: [20, 10%, rest]

gate:
  # After every batch: more than this share of the finished devices failed, and the rollout stops.
  failureLimit: 5%
  # After every wave: fewer successes than this, and the rollout holds for a person.
  successTarget: 95%
  # Rest after a wave, before the next one: longer than a fault needs to show.
  soak: 30m

batch:
  size: 10 # devices at once; what runs cannot be taken back
  timeout: 30m # a device that stays offline for so long counts as offline

# Devices that were offline do not count against a wave; a catch-up after the last wave tries them for a week.
offline: true

# What a tripped failure limit does: hold waits for a person, abort ends the rollout, rollback brings devices back.
onBreach: hold

${BODY[action].back}
# Further tries of devices that failed.
# retry: { attempts: 3, on: [failed] }

# When batches may begin.
# window: { opens: 0 22 * * MON-FRI, for: 6h, timeZone: Europe/Berlin, freeze: [2026-12-24] }

# Whom the rollout asks before it begins; who started it may not say yes.
# approvals: true

# Webhooks that hear of it.
# notify: [{ url: https://hooks.example.com/rollouts, secretEnv: GROUNDSWELL_SECRET_HOOKS }]
# An address that is a secret itself, as Slack's are, stays in the worker's environment:
# notify: [{ urlEnv: GROUNDSWELL_SECRET_SLACK, format: slack }]
`;
