import type * as pulumi from '@pulumi/pulumi';

type Operations = Required<
  Pick<pulumi.dynamic.ResourceProvider, 'check' | 'diff' | 'create' | 'read' | 'update' | 'delete'>
>;

/**
 * The provider that Pulumi writes into the state of every enrollment, as text. It holds nothing: no key, and no path of
 * this machine. The code is found where the plugin runs, in the folder of the program, by the package's name; that name
 * and the operations' must therefore stay what they are, or old state can no longer be read.
 */
export const enrollmentProvider: Operations = {
  check: (olds, news) => operations().check(olds, news),
  diff: (id, olds, news) => operations().diff(id, olds, news),
  create: (inputs) => operations().create(inputs),
  read: (id, props) => operations().read(id, props),
  update: (id, olds, news) => operations().update(id, olds, news),
  delete: (id, props) => operations().delete(id, props),
};

function operations(): Operations {
  const { createRequire } = process.getBuiltinModule('node:module');
  const load = createRequire(`${process.cwd()}/program.js`);
  return (load('groundswell/infra/dynamic') as { readonly enrollments: Operations }).enrollments;
}
