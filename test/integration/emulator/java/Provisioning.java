import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClient;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientRegistrationResult;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientTransportProtocol;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProviderSymmetricKey;
import com.microsoft.azure.sdk.iot.provisioning.service.ProvisioningServiceClient;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.IndividualEnrollment;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.SymmetricKeyAttestation;
import java.nio.charset.StandardCharsets;

/** After azure-iot-sdk-java's samples: service-enrollment and provisioning-symmetrickey-individual. */
public class Provisioning {
  public static void main(String[] args) throws Exception {
    ProvisioningServiceClient service = new ProvisioningServiceClient(System.getenv("PROVISIONING_CONNECTION_STRING"));
    IndividualEnrollment enrollment =
        service.createOrUpdateIndividualEnrollment(
            new IndividualEnrollment("java-dps-1", new SymmetricKeyAttestation("", "")));
    System.out.println("enrolled " + enrollment.getRegistrationId());
    String key = ((SymmetricKeyAttestation) enrollment.getAttestation()).getPrimaryKey();

    SecurityProviderSymmetricKey security =
        new SecurityProviderSymmetricKey(key.getBytes(StandardCharsets.UTF_8), "java-dps-1");
    ProvisioningDeviceClient client =
        ProvisioningDeviceClient.create(
            System.getenv("PROVISIONING_HOST"),
            System.getenv("PROVISIONING_IDSCOPE"),
            ProvisioningDeviceClientTransportProtocol.valueOf(args[0]),
            security);
    ProvisioningDeviceClientRegistrationResult result = client.registerDeviceSync();
    System.out.println("registered " + result.getProvisioningDeviceClientStatus() + " " + result.getIothubUri());
    System.exit(0);
  }
}
