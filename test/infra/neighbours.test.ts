import * as pulumi from '@pulumi/pulumi';
import { checkConfig, parseConfig } from '../../infra/config';
import { neighbourhoodOf, neighboursOf } from '../../infra/neighbours';

const hub = (name: string, more: object = {}) => ({ hostName: `${name}.azure-devices.net`, ...more });
const provisioning = { name: 'dps-other', idScope: '0ne1' };

it("takes neighbours' own hubs and provisioning services, and says whose they are", () => {
  const found = neighbourhoodOf(
    ['west'],
    [
      { stack: 'other', hubs: { east: hub('east'), far: hub('far', { stack: 'third' }) }, provisioning },
      { stack: 'plain', hubs: { north: hub('north') }, provisioning: undefined },
    ],
    true,
  );

  expect(found).toEqual({
    hubs: { east: hub('east', { stack: 'other' }), north: hub('north', { stack: 'plain' }) },
    provisioningServices: { other: provisioning },
  });
});

it('names all hubs that clash, stacks without hubs, and keys that have no place in a container app', () => {
  const found = () =>
    neighbourhoodOf(
      ['west', 'east'],
      [
        { stack: 'other', hubs: { east: hub('east'), north: hub('north') }, provisioning },
        {
          stack: 'third',
          hubs: { north: hub('north', { connectionString: 'HostName=n;SharedAccessKey=k' }) },
          provisioning,
        },
        { stack: 'empty', hubs: undefined, provisioning },
      ],
      true,
    );

  expect(found).toThrow(
    new pulumi.RunError(
      [
        'groundswell:neighbours does not fit:',
        '  the hub east of other has the name of one of this stack',
        '  the hub north of third has the name of one of other',
        "  third signs in by keys, which do not belong into this stack's container app",
        '  empty puts out no hubs',
      ].join('\n'),
    ),
  );
});

it.each([
  ['no list', 'other', 'a list'],
  ['a name that is none', ['a b'], 'a stack by its name'],
  ['two stacks of one last name', ['a/b/other', 'other'], 'names of stacks whose last parts differ'],
])('refuses %s', (_, neighbours, allowed) => {
  const checked = checkConfig({ neighbours });

  expect(checked).toMatchObject({
    kind: 'invalid',
    problems: [{ allowed: expect.stringContaining(allowed) as string }],
  });
});

it('reads no stack unless the configuration names one', () => expect(neighboursOf(parseConfig({}))).toBeUndefined());

it('reads the stacks that the configuration names; what is secret there stays secret', async () => {
  const asked: string[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      asked.push(`${type} ${name}`);
      const hubs = { east: hub('east', { connectionString: 'HostName=e;SharedAccessKey=k' }) };
      return {
        id: name,
        state: { ...(inputs as object), outputs: { hubs, provisioning }, secretOutputNames: ['hubs'] },
      };
    },
    call: () => ({}),
  });

  const found = neighboursOf(parseConfig({ neighbours: ['organization/groundswell/other'] }));
  const value = await new Promise((resolve) => found?.apply(resolve));
  const isSecret = found && (await pulumi.isSecret(found));
  await pulumi.runtime.disconnect();

  expect(asked).toEqual(['pulumi:pulumi:StackReference organization/groundswell/other']);
  expect(value).toMatchObject({ hubs: { east: { stack: 'other' } }, provisioningServices: { other: provisioning } });
  expect(isSecret).toBe(true);
});
