import type { SpecProblem } from '../../spec/problems';
import type { FleetConfig } from '../config';
import type { EnrollmentConfig, EnrollmentGroupConfig } from './enrollments';

/** Sections that are right by themselves; one that is not is missing here, and nothing is said of it twice. */
type Sections = Partial<FleetConfig>;
type Enrollment = EnrollmentGroupConfig | EnrollmentConfig;
type Kind = 'enrollmentGroups' | 'enrollments';

const problem = (path: string, value: unknown, allowed: string): SpecProblem => ({
  path,
  value: value === undefined ? 'nothing' : JSON.stringify(value),
  allowed,
});

const namesOf = (hubs: object): string => Object.keys(hubs).join(', ');

/** Azure grants one free hub a subscription. Source: Azure IoT Hub, "Choose the right tier". */
function freeHubs({ hubs = {} }: Sections): SpecProblem[] {
  const free = Object.keys(hubs).filter((name) => hubs[name]?.sku === 'F1');
  return free
    .slice(1)
    .map((name) => problem(`hubs.${name}.sku`, 'F1', 'S1, S2 or S3: a subscription has one free hub'));
}

function allQuarantined({ hubs }: Sections): SpecProblem[] {
  if (hubs === undefined || Object.values(hubs).some(({ quarantine }) => !quarantine)) return [];
  return [problem('hubs', Object.keys(hubs), 'at least one hub without quarantine: devices need a place to be')];
}

function linkedHubs({ hubs, provisioning }: Sections): SpecProblem[] {
  if (hubs === undefined || provisioning?.hubs === undefined) return [];
  const unknown = provisioning.hubs
    .map((name, index) => ({ name, index }))
    .filter(({ name }) => hubs[name] === undefined)
    .map(({ name, index }) => problem(`provisioning.hubs[${index}]`, name, `a hub of the stack: ${namesOf(hubs)}`));
  const usable = provisioning.hubs.some((name) => hubs[name]?.quarantine !== true);
  return usable
    ? unknown
    : [...unknown, problem('provisioning.hubs', provisioning.hubs, 'at least one hub without quarantine')];
}

function needProvisioning(sections: Sections): SpecProblem[] {
  if (!('provisioning' in sections) || sections.provisioning !== undefined) return [];
  const { enrollmentGroups = {}, enrollments = {}, allocationFunction = false } = sections;
  const needs = (key: string, value: unknown) => problem(key, value, 'nothing, unless provisioning is given too');
  return [
    ...(Object.keys(enrollmentGroups).length > 0 ? [needs('enrollmentGroups', Object.keys(enrollmentGroups))] : []),
    ...(Object.keys(enrollments).length > 0 ? [needs('enrollments', Object.keys(enrollments))] : []),
    ...(allocationFunction ? [needs('allocationFunction', true)] : []),
  ];
}

/** Where a group names an authority by name, the service must have it. */
function authorities({ provisioning, enrollmentGroups = {} }: Sections): SpecProblem[] {
  if (provisioning === undefined) return [];
  const known = Object.keys(provisioning.certificates);
  return Object.entries(enrollmentGroups).flatMap(([id, { attestation }]) => {
    if (attestation.type !== 'x509') return [];
    return (['ca', 'secondaryCa'] as const).flatMap((field) => {
      const name = attestation[field];
      if (name === undefined || known.includes(name)) return [];
      const allowed = `a certificate of provisioning.certificates: ${known.join(', ') || 'there is none'}`;
      return [problem(`enrollmentGroups.${id}.attestation.${field}`, name, allowed)];
    });
  });
}

/** An enrollment's hubs must be linked, and what it allocates by must be able to choose one of them. */
function enrollmentHubs(sections: Sections, kind: Kind): SpecProblem[] {
  const { hubs, provisioning } = sections;
  if (hubs === undefined || provisioning === undefined) return [];
  const linked = provisioning.hubs ?? Object.keys(hubs);
  return Object.entries(sections[kind] ?? {}).flatMap(([id, enrollment]: [string, Enrollment]) => {
    const at = `${kind}.${id}`;
    const allocation = enrollment.allocation ?? provisioning.allocationPolicy;
    const listed = enrollment.hubs ?? [];
    return [
      ...listed.flatMap((name, index) =>
        linked.includes(name)
          ? []
          : [problem(`${at}.hubs[${index}]`, name, `a hub that provisioning links: ${linked.join(', ')}`)],
      ),
      ...(allocation === 'static' && listed.length !== 1
        ? [problem(`${at}.hubs`, enrollment.hubs, 'exactly one hub, since the allocation is static')]
        : []),
      ...(allocation === 'hashed' || allocation === 'geoLatency'
        ? listed.flatMap((name, index) =>
            hubs[name]?.quarantine === true
              ? [
                  problem(
                    `${at}.hubs[${index}]`,
                    name,
                    `no quarantine hub with the allocation ${allocation}; static or custom may name it`,
                  ),
                ]
              : [],
          )
        : []),
      ...(typeof allocation === 'object' &&
      allocation.custom.webhookUrl === undefined &&
      sections.allocationFunction === false
        ? [
            problem(
              `${at}.allocation.custom.webhookUrl`,
              undefined,
              'an https URL, or allocationFunction: true for our own',
            ),
          ]
        : []),
    ];
  });
}

/** Rules of a group go to the stack's own function, and name hubs that the group can give. */
function groupRules({ hubs, provisioning, enrollmentGroups = {} }: Sections): SpecProblem[] {
  if (hubs === undefined || provisioning === undefined) return [];
  return Object.entries(enrollmentGroups).flatMap(([id, { allocation, hubs: own }]) => {
    if (typeof allocation !== 'object') return [];
    const { webhookUrl, newDevices = [], payload } = allocation.custom;
    const at = `enrollmentGroups.${id}.allocation.custom`;
    const usable = own ?? provisioning.hubs ?? Object.keys(hubs);
    const ours = 'nothing beside a webhookUrl: only our own function knows of it';
    const unheard = Object.entries({ newDevices: allocation.custom.newDevices, payload }).filter(
      ([, value]) => webhookUrl !== undefined && value !== undefined,
    );
    return [
      ...unheard.map(([field, value]) => problem(`${at}.${field}`, value, ours)),
      ...newDevices.flatMap((name, index) =>
        usable.includes(name)
          ? []
          : [problem(`${at}.newDevices[${index}]`, name, `a hub of the group: ${usable.join(', ')}`)],
      ),
    ];
  });
}

function storageDays({ storage }: Sections): SpecProblem[] {
  const { coolAfterDays = 0, deleteAfterDays = Infinity, immutableDays = 0 } = storage ?? {};
  const least = Math.max(coolAfterDays, immutableDays);
  if (deleteAfterDays > least) return [];
  const allowed = `a whole number above coolAfterDays and immutableDays (${least})`;
  return [problem('storage.deleteAfterDays', deleteAfterDays, allowed)];
}

/** What a container app is told can be read by whoever may see the app, so that no key must be in it. */
function keylessHosting({ auth, worker }: Sections): SpecProblem[] {
  if (worker?.hosting !== 'containerApp' || auth !== 'sas') return [];
  return [
    problem('worker.hosting', worker.hosting, 'none, unless auth is entra: keys do not belong into a container app'),
  ];
}

/** Everything that sections say of each other and that cannot be. */
export const crossProblems = (sections: Sections): SpecProblem[] => [
  ...freeHubs(sections),
  ...allQuarantined(sections),
  ...linkedHubs(sections),
  ...needProvisioning(sections),
  ...authorities(sections),
  ...enrollmentHubs(sections, 'enrollmentGroups'),
  ...enrollmentHubs(sections, 'enrollments'),
  ...groupRules(sections),
  ...storageDays(sections),
  ...keylessHosting(sections),
];
