import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/** The default chain of the AWS SDK for Java v2: prints the access key that it finds. */
public class Ask {
  public static void main(String[] args) {
    try (var chain = DefaultCredentialsProvider.builder().build()) {
      System.out.println("{\"key\":\"" + chain.resolveCredentials().accessKeyId() + "\"}");
    } catch (RuntimeException error) {
      System.out.println("{\"error\":\"" + String.valueOf(error.getMessage()).replaceAll("[\"\\\\\\s]+", " ") + "\"}");
    }
  }
}
