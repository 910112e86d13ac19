"""After azure-iot-hub's samples: iothub_registry_manager_sample.py and iothub_query_devices_sample.py."""
import os

from azure.iot.hub import IoTHubRegistryManager
from azure.iot.hub.models import QuerySpecification

registry = IoTHubRegistryManager.from_connection_string(os.environ["IOTHUB_CONNECTION_STRING"])

device = registry.create_device_with_sas("python-1", "", "", "enabled")
print("created", device.device_id, len(device.authentication.symmetric_key.primary_key))
device = registry.update_device_with_sas(
    "python-1", device.etag, device.authentication.symmetric_key.primary_key, device.authentication.symmetric_key.secondary_key, "disabled"
)
print("status", registry.get_device("python-1").status)
rows = registry.query_iot_hub(QuerySpecification(query="SELECT deviceId FROM devices WHERE status = 'disabled'"))
print("query", [item.as_dict()["device_id"] for item in rows.items])
registry.delete_device("python-1")
try:
    registry.get_device("python-1")
except Exception as error:
    print("deleted", error.response.status_code)
