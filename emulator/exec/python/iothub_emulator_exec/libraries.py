"""Libraries that resolve names, dial or choose their CAs outside the standard library, mended as they are imported."""

import os
import sys

from .redirects import port_of


def install():
    sys.meta_path.insert(0, _Finder())
    for name, mend in _MENDED.items():  # a .pth file may have imported it before any sitecustomize runs
        if name in sys.modules:
            mend(sys.modules[name])


def _certifi_core(module):
    """certifi answers with the emulator's bundle, which holds public roots too: uamqp and httpx ask nothing else."""
    bundle = os.environ.get("SSL_CERT_FILE")
    if bundle:
        module.where = lambda: bundle
        if "certifi" in sys.modules and hasattr(sys.modules["certifi"], "where"):
            sys.modules["certifi"].where = module.where


def _aiohttp_resolver(module):
    """With aiodns installed aiohttp asks a resolver in C; the other one asks socket.getaddrinfo."""
    module.DefaultResolver = module.ThreadedResolver


def _uamqp_c(module):
    """uamqp dials in C. Its HTTP proxy setting takes it to the emulator, and keeps the name for TLS."""
    host, _, port = os.environ.get("IOTHUB_EMULATOR_PROXY", "").partition(":")
    plain = module.TLSIOConfig

    class TLSIOConfig(plain):
        @property
        def port(self):
            return plain.port.__get__(self)

        @port.setter
        def port(self, value):  # set after the host name (uamqp/authentication/common.py)
            plain.port.__set__(self, value)
            if port_of(self.hostname, value) is not None:
                proxy = module.HTTPProxyConfig()
                hostname, proxy_hostname = self.hostname, host.encode()
                proxy.hostname, proxy.port = hostname, value
                proxy.proxy_hostname, proxy.proxy_port = proxy_hostname, int(port)
                self.set_proxy_config(proxy)
                self.kept = (proxy, hostname, proxy_hostname)  # C holds pointers into them and no reference

    module.TLSIOConfig = TLSIOConfig


_MENDED = {
    "certifi.core": _certifi_core,
    "aiohttp.resolver": _aiohttp_resolver,
    "uamqp.c_uamqp": _uamqp_c,
}


class _Finder:
    """Lets the other finders find a module, and mends it once it has run."""

    def find_spec(self, name, path=None, target=None):
        mend = _MENDED.get(name)
        spec = self._found_by_others(name, path, target) if mend else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, mend)
        return spec

    def _found_by_others(self, name, path, target):
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                return spec
        return None


class _Loader:
    def __init__(self, loader, mend):
        self._loader = loader
        self._mend = mend

    def __getattr__(self, name):
        return getattr(self._loader, name)  # get_data, get_resource_reader and what else this kind of loader has

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        self._mend(module)
