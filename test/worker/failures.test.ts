import { GroundswellError } from '../../domain/errors';
import { failureOf } from '../../worker/failures';

it('tells Temporal that trying again cannot help', () => {
  expect(failureOf(new GroundswellError('GS_HUB_UNKNOWN', { hub: 'north' }))).toMatchObject({
    type: 'GS_HUB_UNKNOWN',
    nonRetryable: true,
    details: [{ hub: 'north' }],
    message: expect.stringContaining('hub=north') as string,
  });
});

it('lets Temporal try again where the fault may pass', () => {
  expect(failureOf(new GroundswellError('GS_HUB_THROTTLED'))).toMatchObject({ nonRetryable: false });
});

it('passes on what is not ours, such as the end of an activity', () => {
  const error = new Error('something else');

  expect(failureOf(error)).toBe(error);
});
