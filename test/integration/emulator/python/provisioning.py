"""After azure-iot-sdk-python's samples: create_individual_enrollment and provision_symmetric_key."""
import os

from azure.iot.device import IoTHubDeviceClient, ProvisioningDeviceClient
from provisioningserviceclient import ProvisioningServiceClient
from provisioningserviceclient.models import AttestationMechanism, IndividualEnrollment, SymmetricKeyAttestation

service = ProvisioningServiceClient.create_from_connection_string(os.environ["PROVISIONING_CONNECTION_STRING"])
attestation = AttestationMechanism(type="symmetricKey", symmetric_key=SymmetricKeyAttestation(primary_key="", secondary_key=""))
enrollment = service.create_or_update(IndividualEnrollment(registration_id="python-dps-1", attestation=attestation))
print("enrolled", enrollment.registration_id)
key = service.get_individual_enrollment_attestation_mechanism("python-dps-1").symmetric_key.primary_key

client = ProvisioningDeviceClient.create_from_symmetric_key(
    provisioning_host=os.environ["PROVISIONING_HOST"],
    registration_id="python-dps-1",
    id_scope=os.environ["PROVISIONING_IDSCOPE"],
    symmetric_key=key,
)
result = client.register()
print("registered", result.status, result.registration_state.assigned_hub)

device = IoTHubDeviceClient.create_from_symmetric_key(
    symmetric_key=key, hostname=result.registration_state.assigned_hub, device_id=result.registration_state.device_id
)
device.connect()
print("connected", device.connected)
device.shutdown()
