import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOMAIN = join(__dirname, '../../domain');
const EXAMPLE = /@example\s+(.+?) \/\/ => (.+?)\s*(?:\*\/)?$/gm;

interface Example {
  readonly module: string;
  readonly call: string;
  readonly result: string;
}

const modules = readdirSync(DOMAIN).filter((name) => name.endsWith('.ts'));
const examples = modules.flatMap((module): Example[] =>
  [...readFileSync(join(DOMAIN, module), 'utf8').matchAll(EXAMPLE)].map(([, call = '', result = '']) => ({
    module,
    call,
    result,
  })),
);

/** Everything that `domain/` exports: the examples may use it all. */
let scope: Record<string, unknown> = {};
beforeAll(async () => {
  const loaded = await Promise.all(modules.map((module) => import(join(DOMAIN, module)) as Promise<object>));
  scope = Object.fromEntries(loaded.flatMap((exported) => Object.entries(exported)));
});

// The text comes from our own docstrings.
const evaluate = (expression: string): unknown =>
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  new Function(...Object.keys(scope), `return (${expression});`)(...Object.values(scope));

it('finds the examples', () => expect(examples.length).toBeGreaterThanOrEqual(5));

it.each(examples)('$module: $call gives $result', ({ call, result }) =>
  expect(evaluate(call)).toEqual(evaluate(result)),
);
