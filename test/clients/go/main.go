// An ordinary program of an ordinary user: the AWS SDK for Go v2 with its default configuration. Its argument is
// the address of STS, since no network leads to the real one. It prints who it is and its access key's id, again
// and again until the key has changed once. With `ask`, a pause in milliseconds and perhaps the address of STS it does
// what asking.go says; with `key` it prints the key that its default chain finds, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	if os.Args[1] == "ask" {
		endpoint := ""
		if len(os.Args) > 3 {
			endpoint = os.Args[3]
		}
		ask(os.Args[2], endpoint)
	}
	if os.Args[1] == "key" {
		key()
		return
	}
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = &os.Args[1] })
	keys := map[string]bool{}
	for i := 0; i < 80 && len(keys) < 2; i++ {
		identity, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			log.Fatal(err)
		}
		credentials, err := cfg.Credentials.Retrieve(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*identity.Arn, credentials.AccessKeyID)
		keys[credentials.AccessKeyID] = true
		time.Sleep(250 * time.Millisecond)
	}
}

func key() {
	out := json.NewEncoder(os.Stdout)
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		found, failed := cfg.Credentials.Retrieve(ctx)
		if failed == nil {
			_ = out.Encode(map[string]string{"key": found.AccessKeyID})
			return
		}
		err = failed
	}
	_ = out.Encode(map[string]string{"error": err.Error()})
}
