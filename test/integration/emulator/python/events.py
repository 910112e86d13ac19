"""After azure-eventhub's samples: recv.py and recv_async.py."""
import asyncio
import os
import threading

from azure.eventhub import EventHubConsumerClient
from azure.eventhub.aio import EventHubConsumerClient as AsyncEventHubConsumerClient

CONNECTION_STRING = os.environ["EVENTHUB_CONNECTION_STRING"]


def receive():
    client = EventHubConsumerClient.from_connection_string(CONNECTION_STRING, consumer_group="$Default")
    seen = threading.Event()

    def on_event(partition_context, event):
        print("sync", event.body_as_str(), event.system_properties[b"iothub-connection-device-id"].decode())
        seen.set()

    with client:
        worker = threading.Thread(target=client.receive, kwargs={"on_event": on_event, "starting_position": "-1"}, daemon=True)
        worker.start()
        seen.wait(30)


async def receive_async():
    client = AsyncEventHubConsumerClient.from_connection_string(CONNECTION_STRING, consumer_group="$Default")
    seen = asyncio.Event()

    async def on_event(partition_context, event):
        print("async", event.body_as_str())
        seen.set()

    async with client:
        task = asyncio.create_task(client.receive(on_event=on_event, starting_position="-1"))
        await asyncio.wait_for(seen.wait(), 30)
        task.cancel()


receive()
asyncio.run(receive_async())
