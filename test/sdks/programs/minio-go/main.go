// The chain that programs on minio-go build (its own `mc` and servers, and Thanos, Loki or Velero's plugins through
// their storage clients): environment, files, then IAM. Prints the access key that it finds.
package main

import (
	"encoding/json"
	"net/http"
	"os"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

func main() {
	out := json.NewEncoder(os.Stdout)
	chain := credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{},
		&credentials.EnvMinio{},
		&credentials.FileAWSCredentials{},
		&credentials.FileMinioClient{},
		&credentials.IAM{},
	})
	found, err := chain.GetWithContext(&credentials.CredContext{Client: http.DefaultClient})
	switch {
	case err != nil:
		_ = out.Encode(map[string]string{"error": err.Error()})
	case found.AccessKeyID == "":
		_ = out.Encode(map[string]string{"error": "the chain has no credentials"})
	default:
		_ = out.Encode(map[string]string{"key": found.AccessKeyID})
	}
}
