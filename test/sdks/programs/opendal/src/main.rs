//! What opendal's signer (reqsign) finds: prints the access key.
use reqsign::aws::DefaultCredentialProvider;
use reqsign::{ProvideCredential, default_context};

#[tokio::main]
async fn main() {
    let found = DefaultCredentialProvider::new();
    match found.provide_credential(&default_context()).await {
        Ok(Some(c)) => println!("{{\"key\":{:?}}}", c.access_key_id),
        Ok(None) => println!("{{\"error\":\"the chain has no credentials\"}}"),
        Err(e) => println!("{{\"error\":{:?}}}", e.to_string()),
    }
}
