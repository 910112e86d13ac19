import { delimiter, join } from 'node:path';
import { packageRoot } from '../package-root';
import type { Trust } from '../trust';
import { withPart, type Environment } from '../variables';

/**
 * Python: a `sitecustomize` that leads dials (../python), and the CA for OpenSSL's default locations (ssl, and so aiohttp,
 * azure-iot-device and azure-eventhub) and for requests. `python -I`, `-E` and `-S` turn the first off, as they say.
 */
export const pythonVariables = ({ bundleFile }: Trust, base: Environment): Record<string, string> => ({
  PYTHONPATH: withPart(base.PYTHONPATH, join(packageRoot(), 'exec', 'python'), {
    separator: delimiter,
    place: 'first',
  }),
  SSL_CERT_FILE: bundleFile,
  REQUESTS_CA_BUNDLE: bundleFile,
});
