import * as pulumi from '@pulumi/pulumi';

/** A value with no outputs in it any more, as a provider would get it. */
export const settled = <T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> =>
  new Promise((resolve) => {
    pulumi.output(value).apply(resolve);
  });
