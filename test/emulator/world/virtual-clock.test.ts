import { VirtualClock } from '../../../emulator/world/virtual-clock';

const START = Date.UTC(2026, 0, 1);
let machine: number;
let clock: VirtualClock;

beforeEach(() => {
  machine = START;
  clock = new VirtualClock(() => machine);
});

it('goes as the machine does until it is told otherwise', () => {
  machine += 1500;
  expect(clock.now()).toBe(START + 1500);

  clock.run({ speed: 60 });
  machine += 1000;
  expect(clock.now()).toBe(START + 1500 + 60_000);

  clock.run({ isFrozen: true });
  machine += 1000;
  expect(clock.now()).toBe(START + 61_500);
});

it('fires timers in order, each at its time, and those that they set on the way', async () => {
  const fired: [string, number][] = [];
  const note = (name: string) => (): void => void fired.push([name, clock.now() - START]);
  clock.run({ isFrozen: true });
  clock.at(START + 3000, note('late'));
  clock.at(START + 1000, () => {
    note('early')();
    void Promise.resolve().then(() => clock.at(clock.now() + 500, note('chained')));
  });
  clock.at(START + 1000, note('second'));
  clock.at(START + 2000, note('cancelled'))();
  clock.at(START + 9000, note('never'));

  await clock.advance(5000);

  expect(fired).toEqual([
    ['early', 1000],
    ['second', 1000],
    ['chained', 1500],
    ['late', 3000],
  ]);
  expect(clock.now()).toBe(START + 5000);
});

it('may be set back: timers keep their times', async () => {
  const fired = jest.fn();
  clock.run({ isFrozen: true });
  clock.at(START + 1000, fired);

  await clock.set(START - 86_400_000);
  expect(clock.now()).toBe(START - 86_400_000);
  await clock.set(START + 999);
  expect(fired).not.toHaveBeenCalled();
  await clock.set(START + 1000);

  expect(fired).toHaveBeenCalledTimes(1);
});

it('fires by itself as time goes', async () => {
  clock = new VirtualClock();
  clock.run({ speed: 1000 });

  await new Promise<void>((resolve) => clock.at(clock.now() + 20_000, resolve));
});

it('fires what is left of thousands that were cancelled', async () => {
  const fired: number[] = [];
  clock.run({ isFrozen: true });
  for (let i = 0; i < 5000; i++) {
    const cancel = clock.at(START + ((i * 7919) % 5000), () => fired.push(clock.now() - START));
    if (i % 10 !== 0) cancel();
  }

  await clock.advance(5000);

  expect(fired).toHaveLength(500);
  expect(fired).toEqual([...fired].sort((a, b) => a - b));
});
