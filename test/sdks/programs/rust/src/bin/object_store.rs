//! What object_store makes of its environment: prints the access key that it finds.
use object_store::aws::AmazonS3Builder;

#[tokio::main]
async fn main() {
    let store = AmazonS3Builder::from_env().with_bucket_name("b").with_region("eu-central-1").build();
    let found = match store {
        Ok(store) => store.credentials().get_credential().await.map_err(|e| e.to_string()),
        Err(e) => Err(e.to_string()),
    };
    match found {
        Ok(c) => println!("{{\"key\":{:?}}}", c.key_id),
        Err(e) => println!("{{\"error\":{e:?}}}"),
    }
}
