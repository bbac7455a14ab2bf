import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;

/** The default chain of the AWS SDK for Java v1: prints the access key that it finds. */
public class Ask {
  public static void main(String[] args) {
    try {
      System.out.println("{\"key\":\"" + new DefaultAWSCredentialsProviderChain().getCredentials().getAWSAccessKeyId() + "\"}");
    } catch (RuntimeException | StackOverflowError error) {
      System.out.println("{\"error\":\"" + String.valueOf(error).replaceAll("[\"\\\\\\s]+", " ") + "\"}");
    }
  }
}
