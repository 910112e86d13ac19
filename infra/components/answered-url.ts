import * as pulumi from '@pulumi/pulumi';

/**
 * @param what the answer's name in a message
 * @throws pulumi.RunError when Azure answered none: any other error the engine prints with all that hangs on it, for minutes
 */
export function answeredUrl(what: string, url: string | undefined): URL {
  if (url === undefined || !URL.canParse(url)) throw new pulumi.RunError(`Azure answered no ${what}`);
  return new URL(url);
}
