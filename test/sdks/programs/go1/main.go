// The default chain of the AWS SDK for Go v1: prints the access key that it finds.
package main

import (
	"encoding/json"
	"os"

	"github.com/aws/aws-sdk-go/aws/session"
)

func main() {
	out := json.NewEncoder(os.Stdout)
	s, err := session.NewSession()
	if err == nil {
		value, failed := s.Config.Credentials.Get()
		if failed == nil {
			_ = out.Encode(map[string]string{"key": value.AccessKeyID})
			return
		}
		err = failed
	}
	_ = out.Encode(map[string]string{"error": err.Error()})
}
