// The default chain of the AWS SDK for Go v2: prints the access key that it finds.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
)

func main() {
	out := json.NewEncoder(os.Stdout)
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err == nil {
		found, failed := cfg.Credentials.Retrieve(context.Background())
		if failed == nil {
			_ = out.Encode(map[string]string{"key": found.AccessKeyID})
			return
		}
		err = failed
	}
	_ = out.Encode(map[string]string{"error": err.Error()})
}
