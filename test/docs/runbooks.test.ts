import type { Command } from 'commander';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOf } from '../../cli/main';
import { EXIT } from '../../cli/output';
import { ENDS, faultSection, HOLDS, NO_WORKER, SHARE_WAITS, WAITS } from '../../cli/render/runbook';
import { FAULTS, type FaultCode } from '../../domain/errors';
import { lintRolloutSpec } from '../../spec/rollout/lint';
import { collectingIo } from '../cli/collecting-io';

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'docs/runbooks');
const PAGES = new Map(
  readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as [string, string]),
);

/** As GitHub makes anchors of headings: small letters, no punctuation, dashes for spaces. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

const sectionsOf = (page: string, level: '##' | '###'): string[] =>
  [...(PAGES.get(page) ?? '').matchAll(new RegExp(`^${level} (.+)$`, 'gm'))].map(
    ([, heading = '']) => `${page}#${anchorOf(heading)}`,
  );

const unique = (sections: Iterable<string>): string[] => [...new Set(sections)].sort();

it('has a section for each reason of a hold, and no other', () =>
  expect(sectionsOf('holds.md', '##').sort()).toEqual(unique(Object.values(HOLDS))));

it('has a section for each thing that is waited for, and no other', () => {
  const waits = [...Object.values(WAITS), ...Object.values(SHARE_WAITS)].filter((path) => path !== HOLDS.person);

  expect(sectionsOf('waits.md', '##').sort()).toEqual(unique(waits));
});

it('has a section for each way to end, and for the exit codes', () => {
  expect(sectionsOf('ends.md', '##').sort()).toEqual(unique([...Object.values(ENDS), 'ends.md#exit-codes']));

  const rows = [...(PAGES.get('ends.md') ?? '').matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(EXIT));
});

it('has a section for each fault code, and for no other', () => {
  const codes = Object.keys(FAULTS) as FaultCode[];

  expect(sectionsOf('faults.md', '###').sort()).toEqual(codes.map(faultSection).sort());
});

it('has a section for the missing worker', () => expect(sectionsOf('surroundings.md', '##')).toContain(NO_WORKER));

it('knows the words in which shares say what they wait for', () => {
  const folder = join(ROOT, 'activities/shares');
  const code = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

  for (const words of Object.keys(SHARE_WAITS)) expect(code).toContain(words);
});

const fences = [...PAGES].flatMap(([page, text]) =>
  [...text.matchAll(/```sh\n([^`]+)```/g)].flatMap(([, lines = '']) =>
    lines.split('\n').flatMap((line) => (line === '' ? [] : [{ page, line }])),
  ),
);

/** Words as a shell would read them: quotes, and no more of its language than the pages use. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/ > \S+$/, '').matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');

/** Commands that check their arguments and do nothing. */
function idle(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  command.commands.forEach(idle);
  return command;
}

const parse = (line: string): Promise<unknown> =>
  idle(programOf({ io: collectingIo(), exit: () => undefined })).parseAsync(wordsOf(line).slice(2), {
    from: 'user',
  });

it.each(fences.filter(({ line }) => line.startsWith('npx groundswell')))(
  '$page shows a command that there is: $line',
  async ({ line }) => {
    await expect(parse(line)).resolves.toBeDefined();
  },
);

it('would see a flag, a command or an argument that there is not', async () => {
  await expect(parse("npx groundswell rollout abort lock-doors --reason x --because 'x'")).rejects.toThrow('--because');
  await expect(parse('npx groundswell rollout stop lock-doors')).rejects.toThrow('stop');
  await expect(parse('npx groundswell rollout proceed lock-doors')).rejects.toThrow('--reason');
});

it('shows no command of another program than these', () => {
  expect(unique(fences.map(({ line }) => line.split(' ')[0] ?? ''))).toEqual(['curl', 'npx', 'temporal']);
});

it('works its example with a spec that has neither mistakes nor warnings', () => {
  const page = readFileSync(join(ROOT, 'docs/concepts.md'), 'utf8');
  const [, example = ''] = /```yaml\n([^`]+)```/.exec(page) ?? [];

  expect(lintRolloutSpec(example)).toMatchObject({ kind: 'valid', warnings: [] });
});

const links = [...PAGES].flatMap(([page, text]) =>
  [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => ({ page, target })),
);

it.each(links)('$page links to $target, which is there', ({ page, target }) => {
  const [path = '', anchor] = target.split('#');
  const text = readFileSync(path === '' ? join(FOLDER, page) : join(FOLDER, path), 'utf8');

  if (anchor === undefined) return;
  expect([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))).toContain(anchor);
});
