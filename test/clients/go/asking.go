package main

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

type result struct {
	Kind    string `json:"kind"`
	From    int64  `json:"from"`
	At      int64  `json:"at"`
	OK      bool   `json:"ok"`
	Expires int64  `json:"expires,omitempty"`
	Error   string `json:"error,omitempty"`
}

// ask asks for credentials until the program is ended: each time through a new default chain, and beside it through
// one that lives as long as the program. With an address of STS it asks who it is instead, each time through a new
// client. A line a result, in JSON; see test/faults/clients.ts.
func ask(pause, endpoint string) {
	milliseconds, err := strconv.Atoi(pause)
	if err != nil {
		panic(err)
	}
	var lock sync.Mutex
	out := json.NewEncoder(os.Stdout)
	load := func() (aws.CredentialsProvider, error) {
		cfg, err := config.LoadDefaultConfig(context.Background())
		return cfg.Credentials, err
	}
	loop := func(kind string, one func() (expires int64, err error)) {
		for {
			line := result{Kind: kind, From: time.Now().UnixMilli()}
			expires, err := one()
			if err == nil {
				line.OK, line.Expires = true, expires
			} else {
				line.Error = err.Error()
			}
			line.At = time.Now().UnixMilli()
			lock.Lock()
			_ = out.Encode(line)
			lock.Unlock()
			time.Sleep(time.Duration(milliseconds) * time.Millisecond)
		}
	}
	retrieve := func(provider func() (aws.CredentialsProvider, error)) func() (int64, error) {
		return func() (int64, error) {
			credentials, err := provider()
			if err != nil {
				return 0, err
			}
			got, err := credentials.Retrieve(context.Background())
			return got.Expires.UnixMilli(), err
		}
	}
	if endpoint != "" {
		loop("request", func() (int64, error) { return 0, request(endpoint) })
	}
	var kept aws.CredentialsProvider
	go loop("fresh", retrieve(load))
	loop("kept", retrieve(func() (aws.CredentialsProvider, error) {
		if kept != nil {
			return kept, nil
		}
		fresh, err := load()
		if err == nil {
			kept = fresh
		}
		return fresh, err
	}))
}

func request(endpoint string) error {
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("eu-central-1"))
	if err != nil {
		return err
	}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = &endpoint })
	_, err = client.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	return err
}
