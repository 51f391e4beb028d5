import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;

/**
 * A service in the middle, in Java: it asks another service on behalf of each
 * request, and sends the l5d-ctx-* headers of that request along.
 *
 * <pre>http_proxy=127.0.0.1:4140 java Hello.java 127.0.0.1:7777 world</pre>
 *
 * http_proxy is the outgoing router, with or without a scheme. A JDK from 11 on;
 * no library.
 */
public class Hello {
  static HttpClient mesh;
  static String service;

  // forwarding: all that the mesh asks of a service
  static void forward(HttpExchange from, HttpRequest.Builder to) {
    from.getRequestHeaders().forEach((name, values) -> {
      if (name.toLowerCase().startsWith("l5d-ctx-")) values.forEach(value -> to.header(name, value));
    });
  }

  static HttpResponse<String> ask(HttpExchange exchange) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + service + "/")).timeout(Duration.ofSeconds(10));
    forward(exchange, request);
    return mesh.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
  // end of forwarding

  static void handle(HttpExchange exchange) throws IOException {
    int status = 503;
    String text;
    try {
      HttpResponse<String> response = ask(exchange);
      status = response.statusCode();
      String ip = exchange.getLocalAddress().getAddress().getHostAddress();
      text = status == 200 ? "Hello (" + ip + ") " + response.body() + "!" : response.body();
    } catch (IOException | InterruptedException e) {
      text = e.toString();
    }
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  public static void main(String[] args) throws IOException {
    String proxy = System.getenv().getOrDefault("http_proxy", "127.0.0.1:4140").replaceFirst("^.*://", "").replaceFirst("/$", "");
    service = args[1];
    // HTTP/1.1 at once: the client would ask for h2c, which goes past a proxy.
    mesh = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(ProxySelector.of(address(proxy))).build();
    HttpServer server = HttpServer.create(address(args[0]), 0);
    server.createContext("/", Hello::handle);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    System.out.println("serving on " + args[0]);
  }
}
