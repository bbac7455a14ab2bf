//! The default chain of the AWS SDK for Rust: prints the access key that it finds.
use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials;

#[tokio::main]
async fn main() {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let found = match config.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.map_err(|e| format!("{e:?}")),
        None => Err("the chain has no credentials".into()),
    };
    match found {
        Ok(c) => println!("{{\"key\":{:?}}}", c.access_key_id()),
        Err(e) => println!("{{\"error\":{e:?}}}"),
    }
}
