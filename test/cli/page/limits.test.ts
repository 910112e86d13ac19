import { createSharing } from '../../../cli/page/limits';

it('finds out once what many ask for at a time, and anew after that', async () => {
  const shared = createSharing();
  const answers: ((value: number) => void)[] = [];
  const find = () => new Promise<number>((resolve) => answers.push(resolve));

  const both = Promise.all([shared('a', find), shared('a', find), shared('b', () => Promise.resolve(0))]);
  answers[0]?.(7);

  expect(await both).toEqual([7, 7, 0]);
  const again = shared('a', find);
  answers[1]?.(8);
  expect(await again).toBe(8);
  expect(answers).toHaveLength(2);
});

it('keeps no failure', async () => {
  const shared = createSharing();

  await expect(shared('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');

  expect(await shared('a', () => Promise.resolve(1))).toBe(1);
});
