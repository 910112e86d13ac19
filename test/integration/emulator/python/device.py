"""After azure-iot-sdk-python, samples/async-hub-scenarios: send_message, twin and receive_direct_method, in one."""
import asyncio
import os

from azure.iot.device import Message, MethodResponse
from azure.iot.device.aio import IoTHubDeviceClient
from azure.iot.hub import IoTHubRegistryManager
from azure.iot.hub.models import CloudToDeviceMethod, Twin, TwinProperties


async def main():
    registry = IoTHubRegistryManager.from_connection_string(os.environ["IOTHUB_CONNECTION_STRING"])
    client = IoTHubDeviceClient.create_from_connection_string(os.environ["IOTHUB_DEVICE_CONNECTION_STRING"])
    device_id = os.environ["IOTHUB_DEVICE_ID"]
    await client.connect()

    await client.send_message(Message("wind speed"))

    patched = asyncio.Event()
    client.on_twin_desired_properties_patch_received = lambda patch: (print("desired", patch["fanSpeed"]), patched.set())
    await client.patch_twin_reported_properties({"temperature": 21})
    print("reported", (await client.get_twin())["reported"]["temperature"])
    registry.update_twin(device_id, Twin(properties=TwinProperties(desired={"fanSpeed": 3})))
    await asyncio.wait_for(patched.wait(), 30)

    async def on_method(request):
        response = MethodResponse.create_from_method_request(request, 200, {"echo": request.payload})
        await client.send_method_response(response)

    client.on_method_request_received = on_method
    await client.get_twin()  # whatever subscription the handler asked for is in place when this is answered
    method = CloudToDeviceMethod(method_name="say", payload="hello", response_timeout_in_seconds=30, connect_timeout_in_seconds=30)
    answer = await asyncio.to_thread(registry.invoke_device_method, device_id, method)
    print("method", answer.status, answer.payload)

    message = asyncio.Event()
    client.on_message_received = lambda received: (print("c2d", received.data.decode()), message.set())
    await client.get_twin()
    await asyncio.to_thread(registry.send_c2d_message, device_id, "to the device", {"contentType": "text/plain"})
    await asyncio.wait_for(message.wait(), 30)

    await client.shutdown()


asyncio.run(main())
