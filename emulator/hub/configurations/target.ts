import { HubError } from '../errors';
import type { JsonObject } from '../../world/json';
import type { Expression } from '../query/ast';
import { compileCondition, withoutSource } from '../query/evaluate';
import { parseCondition, parseQuery } from '../query/parser';
import type { Configuration } from './configuration';

/** Whether a twin is a configuration's target. */
export type Target = (twin: JsonObject) => boolean;

type Aim = Pick<Configuration, 'targetCondition'> & { readonly content: Pick<Configuration['content'], 'kind'> };

/**
 * Compiles a target condition; an empty one aims at nothing. Modules' conditions are written
 * `FROM devices.modules WHERE …` (iot-hub/iot-hub-automatic-device-management.md, "Create a configuration").
 *
 * @throws HubError InvalidConfigurationTargetCondition
 */
export function compileTarget(configuration: Aim): Target {
  if (configuration.targetCondition.trim() === '') return () => false;
  try {
    const where = whereOf(configuration);
    checkPaths(where);
    return compileCondition(where);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError('InvalidConfigurationTargetCondition', error.message);
  }
}

/** The queries behind the counts that every configuration shows, as the service words them. */
export function systemQueries(configuration: Configuration): Readonly<Record<string, string>> {
  const { id, content, targetCondition: condition } = configuration;
  const applied = `configurations.[[${id}]].status = 'Applied'`;
  const where = condition.trim() === '*' ? '' : ` where ${condition}`;
  switch (content.kind) {
    case 'device':
      return {
        targetedCount: `select deviceId from devices${where}`,
        appliedCount: `select deviceId from devices where ${applied}`,
      };
    case 'module':
      return {
        targetedCount: `select deviceId, moduleId ${condition}`,
        appliedCount: `select deviceId, moduleId from devices.modules where ${applied}`,
      };
    case 'edge': {
      const only = condition.trim() === '*' ? '' : ` and (${condition})`;
      const agent = `select deviceId from devices.modules where moduleId = '$edgeAgent' and ${applied}`;
      const reported = `${agent} and properties.desired.$version = properties.reported.lastDesiredVersion`;
      return {
        targetedCount: `select deviceId from devices where capabilities.iotEdge = true${only}`,
        appliedCount: agent,
        reportedSuccessfulCount: `${reported} and properties.reported.lastDesiredStatus.code = 200`,
        reportedFailedCount: `${reported} and properties.reported.lastDesiredStatus.code != 200`,
      };
    }
  }
}

/** @throws HubError InvalidConfigurationCustomMetricsQuery */
export function checkMetric(text: string): void {
  try {
    parseQuery(text);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError('InvalidConfigurationCustomMetricsQuery', error.message);
  }
}

function whereOf({ content, targetCondition }: Aim): Expression | undefined {
  if (content.kind !== 'module') return parseCondition(targetCondition);
  const { from, where } = parseQuery(`SELECT * ${targetCondition}`);
  if (from !== 'devices.modules') throw refused('a target condition for modules begins FROM devices.modules');
  return where;
}

/** Conditions see ids, tags and reported properties (live hub, see configuration.ts): so no write of ours turns one over. */
function checkPaths(expression: Expression | undefined): void {
  for (const steps of pathsOf(expression)) {
    const [first = '', second = ''] = withoutSource(steps);
    const isSeen =
      /^(deviceid|moduleid|tags)$/i.test(first) || (first.toLowerCase() === 'properties' && second === 'reported');
    if (!isSeen) throw refused(`'${steps.join('.')}' may not stand in a target condition`);
  }
}

function pathsOf(expression: Expression | undefined): readonly (readonly string[])[] {
  switch (expression?.kind) {
    case 'path':
      return [expression.steps];
    case 'binary':
      return [...pathsOf(expression.left), ...pathsOf(expression.right)];
    case 'not':
      return pathsOf(expression.operand);
    case 'in':
      return pathsOf(expression.left);
    case 'call':
      return expression.args.flatMap(pathsOf);
    case 'literal':
    case undefined:
      return [];
  }
}

const refused = (problem: string): HubError =>
  new HubError('InvalidConfigurationTargetCondition', `The target condition is invalid: ${problem}.`);
