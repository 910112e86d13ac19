import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.registry.Device;
import com.microsoft.azure.sdk.iot.service.registry.RegistryClient;

/** After azure-iot-sdk-java's samples: device-manager, send-receive and direct methods. */
public class Hub {
  public static void main(String[] args) throws Exception {
    String connectionString = System.getenv("IOTHUB_CONNECTION_STRING");
    RegistryClient registry = new RegistryClient(connectionString);
    Device device = registry.addDevice(new Device("java-1"));
    System.out.println("created " + registry.getDevice("java-1").getDeviceId());

    String host = connectionString.split(";")[0];
    String key = device.getSymmetricKey().getPrimaryKey();
    DeviceClient client =
        new DeviceClient(host + ";DeviceId=java-1;SharedAccessKey=" + key, IotHubClientProtocol.valueOf(args[0]));
    client.open(true);
    client.sendEvent(new Message("wind speed"));
    client.subscribeToDesiredProperties((twin, context) -> {}, null);
    System.out.println("twin " + client.getTwin().getDesiredProperties().size());
    client.subscribeToMethods((name, payload, context) -> new DirectMethodResponse(200, name), null);
    System.out.println("method " + new DirectMethodsClient(connectionString).invoke("java-1", "say").getStatus());
    System.out.println("state " + registry.getDevice("java-1").getConnectionState());
    client.close();
    registry.removeDevice("java-1");
    System.exit(0);
  }
}
