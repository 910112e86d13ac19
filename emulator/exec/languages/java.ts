import { join } from 'node:path';
import { LOOPBACK } from '../../names';
import { KEY_STORE_PASSWORD } from '../key-store';
import { replaceFile } from '../replace-file';
import type { Trust } from '../trust';
import { withPart, type Environment } from '../variables';

/**
 * Java: sockets go by SOCKS and HTTPS by CONNECT to the emulator's proxy when the name ends in `.test`, all else goes as it
 * would have. The options lie in a file, as every JVM prints JAVA_TOOL_OPTIONS on stderr; Java 9 and later read it.
 */
export async function javaVariables(
  { keyStoreFile }: Trust,
  { proxy, folder, base }: { readonly proxy: number; readonly folder: string; readonly base: Environment },
): Promise<Record<string, string>> {
  const file = join(folder, 'java.options');
  const properties = {
    socksProxyHost: LOOPBACK,
    socksProxyPort: proxy,
    socksNonProxyHosts: OTHER_NAMES,
    'https.proxyHost': LOOPBACK,
    'https.proxyPort': proxy,
    'http.nonProxyHosts': OTHER_NAMES,
    'javax.net.ssl.trustStore': keyStoreFile,
    'javax.net.ssl.trustStoreType': 'JKS',
    'javax.net.ssl.trustStorePassword': KEY_STORE_PASSWORD,
  };
  await replaceFile(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${quoted(`-D${name}=${value}`)}\n`)
      .join(''),
  );
  return {
    JAVA_TOOL_OPTIONS: withPart(base.JAVA_TOOL_OPTIONS, quoted(`-XX:VMOptionsFile=${file}`), { separator: ' ' }),
  };
}

const quoted = (option: string): string => (/\s/.test(option) ? `"${option}"` : option);

/**
 * Matches every host name, and every IP address, that does not end in `.test`. Java can only be told which names do not go
 * by a proxy, as patterns with a `*` at an end (sun/net/spi/DefaultProxySelector.java); a name that does not end in a text
 * ends in a shorter end of it after another character, or is such an end.
 */
const OTHER_NAMES = namesNotEndingIn('.test').join('|');

function namesNotEndingIn(end: string): string[] {
  const characters = 'abcdefghijklmnopqrstuvwxyz0123456789-_.]'.split('');
  return end.split('').flatMap((expected, index) => {
    const rest = end.slice(index + 1);
    const others = characters.filter((character) => character !== expected);
    return [...others.map((character) => `*${character}${rest}`), ...(rest === '' ? [] : [rest])];
  });
}
