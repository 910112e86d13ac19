import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** How names and ports lead, by each of the ways that Java programs dial. */
public class Dials {
  public static void main(String[] args) throws Exception {
    String host = System.getenv("IOTHUB_HOST");
    try (Socket socket = new Socket(host, 8883)) {
      System.out.println("socket " + socket.isConnected());
    }
    HttpRequest request = HttpRequest.newBuilder(URI.create("https://" + host + "/devices")).build();
    System.out.println("http " + HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
    tried("unserved", host, 25);
    tried("not ours", "other.test", 443);
    tried("unknown", "hub.azure-devices.test.invalid", 443);
    try (ServerSocket own = new ServerSocket(0)) {
      System.out.println("own " + new Socket("127.0.0.1", own.getLocalPort()).isConnected());
      System.out.println("own " + new Socket("localhost", own.getLocalPort()).isConnected());
    }
  }

  static void tried(String what, String host, int port) {
    try (Socket socket = new Socket(host, port)) {
      System.out.println(what + " connected");
    } catch (Exception error) {
      System.out.println(what + " " + error.getClass().getSimpleName() + " " + error.getMessage());
    }
  }
}
