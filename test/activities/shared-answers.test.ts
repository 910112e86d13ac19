import { sharedAnswers } from '../../activities/shared-answers';

function asking(answers: readonly (() => Promise<string>)[]) {
  let time = 0;
  const asked: string[] = [];
  const shared = sharedAnswers<string, string>(
    500,
    (key) => {
      asked.push(key);
      return answers[asked.length - 1]?.() ?? Promise.resolve(`${key} ${asked.length}`);
    },
    () => time,
  );
  return { shared, asked, at: (ms: number) => (time = ms) };
}

it('gives those who ask within its time one answer, and asks anew after it', async () => {
  const { shared, asked, at } = asking([]);

  const first = [await shared.of('west'), at(499) && (await shared.of('west'))];
  at(500);

  expect(first).toEqual(['west 1', 'west 1']);
  await expect(shared.of('west')).resolves.toBe('west 2');
  expect(asked).toEqual(['west', 'west']);
});

it('keeps keys apart, and asks again for what it was told to forget', async () => {
  const { shared } = asking([]);

  await expect(shared.of('west')).resolves.toBe('west 1');
  await expect(shared.of('east')).resolves.toBe('east 2');
  shared.forget('west');

  await expect(shared.of('west')).resolves.toBe('west 3');
  await expect(shared.of('east')).resolves.toBe('east 2');
});

it('does not hand a failure on to those who ask after it', async () => {
  const { shared } = asking([() => Promise.reject(new Error('away'))]);

  const both = await Promise.allSettled([shared.of('west'), shared.of('west')]);

  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(shared.of('west')).resolves.toBe('west 2');
});
