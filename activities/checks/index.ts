import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { CheckActivities, CheckInput, CheckResult } from '../contracts';
import { MissingSecret, type Variables } from '../outbound/signing';
import { askPrometheus } from './prometheus';
import { askTelemetry, type Telemetry } from './telemetry';
import { askWebhook } from './webhook';

/** The same for every attempt of one question, another for the next: receivers drop repetitions by it. */
const questionId = (): string => {
  const { activityId, workflowExecution } = activityInfo();
  return `check_${workflowExecution?.runId ?? 'none'}_${activityId}`;
};

/**
 * Checks that something outside answers. Whatever keeps an answer away is inconclusive, with its reason; an error is only
 * what trying again mends.
 *
 * @param variables of the worker, where checks find their secrets by name
 * @param telemetry of the stack; without it its checks are inconclusive
 */
export function createCheckActivities(variables: Variables, telemetry?: Telemetry): CheckActivities {
  function answerTo(input: CheckInput): Promise<CheckResult> {
    const { check } = input;
    const signal = cancellationSignal();
    switch (check.kind) {
      case 'webhook':
        return askWebhook(check, input, { id: questionId(), variables, signal });
      case 'prometheus':
        return askPrometheus(check, input, { variables, signal });
      case 'telemetry':
        return askTelemetry(check, input, telemetry);
    }
  }
  return {
    async askCheck(input) {
      try {
        return await answerTo(input);
      } catch (error) {
        if (!(error instanceof MissingSecret)) throw error;
        return { kind: 'inconclusive', reason: error.message, inputs: {} };
      }
    },
  };
}
