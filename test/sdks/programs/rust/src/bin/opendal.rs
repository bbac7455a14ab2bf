//! What opendal's signer (reqsign) finds: prints the access key.
use reqsign::{AwsConfig, AwsDefaultLoader};

#[tokio::main]
async fn main() {
    let config = AwsConfig::default().from_profile().from_env();
    match AwsDefaultLoader::new(reqwest::Client::new(), config).load().await {
        Ok(Some(c)) => println!("{{\"key\":{:?}}}", c.access_key_id),
        Ok(None) => println!("{{\"error\":\"the chain has no credentials\"}}"),
        Err(e) => println!("{{\"error\":{:?}}}", e.to_string()),
    }
}
