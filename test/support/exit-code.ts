declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- how jest's types are extended (jestjs.io, "Extending matchers")
  namespace jest {
    interface Matchers<R> {
      /** A program's result has this exit code; a failure shows everything that it printed. */
      toExitWith(code: number): R;
    }
  }
}

expect.extend({
  toExitWith(received: { readonly code?: number | null }, code: number) {
    const { code: actual, ...printed } = received;
    const shown = Object.entries(printed).map(([name, value]) => `${name}:\n${String(value)}`);
    return {
      pass: actual === code,
      message: () =>
        [`exit code ${String(actual)}, ${this.isNot ? 'not ' : ''}expected ${code}`, ...shown].join('\n\n'),
    };
  },
});

export {};
