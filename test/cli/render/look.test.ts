import { lookText } from '../../../cli/render/look';
import type { DeviceId } from '../../../domain/ids';
import { tallyOf } from '../../../domain/tally';
import { at, look, passed, wave } from '../looks';

const NOW = Date.parse(at('30'));

it('shows waves by outcomes, leaves out outcomes that nobody had, and sums them up', () => {
  const waves = [
    wave(1, 5, { status: 'passed', tally: tallyOf({ succeeded: 5 }), startedAt: at('01'), endedAt: at('04') }),
    wave(2, 20, {
      status: 'passed',
      tally: tallyOf({ succeeded: 19, offline: 1 }),
      startedAt: at('06'),
      endedAt: at('20'),
    }),
  ];
  const shown = lookText(look({ status: 'completed', waves, endedAt: at('20') }, { execution: 'COMPLETED' }), NOW);

  expect(shown).toContain('│ wave │ status    │ devices │ succeeded │ failed │ offline │ took │');
  expect(shown).toContain('│ 2    │ passed    │      20 │        19 │      0 │       1 │ 14 s │');
  expect(shown).toContain('│ all  │ completed │      25 │        24 │      0 │       1 │ 20 s │');
});

it('gives the exact commands at a hold', () => {
  const shown = lookText(look({ status: 'held', waves: [wave(1, 5)], decisions: [passed(1, '04')] }), NOW);

  expect(shown).toContain('npx groundswell rollout proceed lock-doors --reason "..."');
  expect(shown).toContain('npx groundswell rollout abort lock-doors --reason "..."');
});

it('says that a terminated rollout is terminated, whatever its last state was', () => {
  const end = { execution: 'TERMINATED', closedAt: at('20'), failure: 'the cluster is being moved' } as const;
  const shown = lookText(look({ status: 'soaking', waves: [wave(1, 5)] }, end), NOW);

  expect(shown).toMatch(/^lock-doors: terminated/);
  expect(shown).toContain('\nterminated: the cluster is being moved');
  expect(shown).not.toContain('soaking');
});

it('names late joiners that are in no wave because they cannot be moved', () => {
  const turnedAway = [{ why: 'without enrollment at dps', devices: { count: 22, devices: ['a' as DeviceId] } }];
  const shown = lookText(look({ status: 'waiting', waves: [wave(1, 5)], turnedAway }), NOW);

  expect(shown).toContain(
    'late joiners that cannot be moved, in no wave: 22 devices without enrollment at dps (a, and 21 more)',
  );
});
