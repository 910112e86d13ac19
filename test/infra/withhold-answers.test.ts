import { withholdAnswers } from '../../infra/withhold-answers';

it('takes answers out of debug messages, over any number of lines, and leaves other messages as they are', () => {
  const messages: string[] = [];
  const log = {
    debug: (message: string): Promise<void> => {
      messages.push(message);
      return Promise.resolve();
    },
  };

  withholdAnswers(log);
  void log.debug('Invoke RPC finished: tok=list; err: null, resp: primaryKey,,,abc\nsecondaryKey,,,def');
  void log.debug('Registering resource: t=hub');

  expect(messages).toEqual([
    'Invoke RPC finished: tok=list; err: null, resp: [withheld]',
    'Registering resource: t=hub',
  ]);
});
