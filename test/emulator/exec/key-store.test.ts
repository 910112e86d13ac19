import { createHash } from 'node:crypto';
import { keyStoreOf } from '../../../emulator/exec/key-store';

it('writes the layout of JavaKeyStore, with the digest that guards it', () => {
  const certificate = Buffer.from('certificate');

  const store = keyStoreOf([certificate]);

  const body = store.subarray(0, -20);
  expect(body.toString('latin1')).toBe(
    `\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\x09trusted-0${'\0'.repeat(8)}\0\x05X.509\0\0\0\x0bcertificate`,
  );
  const password = Buffer.from('\0c\0h\0a\0n\0g\0e\0i\0t', 'latin1');
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(body).digest();
  expect(store.subarray(-20)).toEqual(digest);
});
