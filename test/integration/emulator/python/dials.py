"""How names and ports lead, by each of the ways that Python programs dial."""
import asyncio
import os
import socket
import urllib.request

import aiohttp
import certifi
import requests
from azure.identity import DefaultAzureCredential

HOST = os.environ["IOTHUB_HOST"]


def tried(dial, *arguments):
    try:
        return dial(*arguments)
    except OSError as error:
        return f"{type(error).__name__} {error}"


def connected(host, port):
    with socket.socket() as plain:
        plain.connect((host, port))
        return plain.getpeername()[0]


async def over_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(f"https://{HOST}/devices") as response:
        return response.status


async def over_asyncio():
    _, writer = await asyncio.open_connection(HOST, 443, ssl=True)
    writer.close()
    return "over TLS"


print("socket", connected(HOST, 8883))
print("create_connection", socket.create_connection((HOST, 443)).getpeername()[0])
print("asyncio", asyncio.run(over_asyncio()))
print("requests", requests.get(f"https://{HOST}/devices").status_code)
print("aiohttp", asyncio.run(over_aiohttp()))
print("unserved", tried(connected, HOST, 25))
print("unserved", tried(socket.create_connection, (HOST, 25)))
print("other", tried(connected, "hub.azure-devices.test.invalid", 443).startswith("gaierror"))
print("own", tried(connected, "127.0.0.1", int(os.environ["OWN_PORT"])))
print("roots", certifi.where() == os.environ["SSL_CERT_FILE"])
try:
    urllib.request.urlopen(f"https://{HOST}/devices")
except urllib.error.HTTPError as error:
    print("urllib", error.code)
print("identity", DefaultAzureCredential().get_token("https://management.azure.com/.default").token.count("."))
