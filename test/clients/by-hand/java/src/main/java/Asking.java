import software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider;

/** The AWS SDK for Java v2, asking for credentials until it is ended, each time through a new provider. */
public class Asking {
  public static void main(String[] args) throws InterruptedException {
    for (;;) {
      long from = System.currentTimeMillis();
      String said = "ok";
      try (ContainerCredentialsProvider provider = ContainerCredentialsProvider.create()) {
        provider.resolveCredentials();
      } catch (RuntimeException error) {
        said = error.getClass().getSimpleName() + ": " + error.getMessage();
      }
      System.out.println(said + " after " + (System.currentTimeMillis() - from) + " ms");
      Thread.sleep(250);
    }
  }
}
