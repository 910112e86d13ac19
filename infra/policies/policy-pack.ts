import { PolicyPack, type ResourceValidationPolicy, type StackValidationPolicy } from '@pulumi/policy';

import { known } from './known';
import type { Rule } from './declared';
import { quotas } from './fleet';
import { RULES } from './rules';

/** Asked before each resource is made. */
const resourcePolicyOf = ({ name, description, check }: Rule): ResourceValidationPolicy => ({
  name,
  description,
  validateResource: ({ type, name: resource, props }, report) => {
    for (const { message } of check([{ type, name: resource, props: known(props) }])) report(message);
  },
});

/** Asked when all is declared. */
const stackPolicyOf = ({ name, description, check }: Rule): StackValidationPolicy => ({
  name,
  description,
  validateStack: ({ resources }, report) => {
    const declared = resources.map((one) => ({ type: one.type, name: one.name, props: known(one.props) }));
    for (const { name: broken, message } of check(declared))
      report(message, resources.find((one) => one.name === broken)?.urn);
  },
});

// Not named pack.ts: Node would take that file for the folder pack, and compile it in every run.
new PolicyPack('groundswell', {
  enforcementLevel: 'mandatory',
  policies: RULES.map((rule) => (rule === quotas ? stackPolicyOf(rule) : resourcePolicyOf(rule))),
});
