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
// one that lives as long as the program. A line a result, in JSON; see test/faults/clients.ts.
func ask(pause string) {
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
	loop := func(kind string, provider func() (aws.CredentialsProvider, error)) {
		for {
			line := result{Kind: kind, From: time.Now().UnixMilli()}
			credentials, err := provider()
			var got aws.Credentials
			if err == nil {
				got, err = credentials.Retrieve(context.Background())
			}
			if err == nil {
				line.OK, line.Expires = true, got.Expires.UnixMilli()
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
	var kept aws.CredentialsProvider
	go loop("fresh", load)
	loop("kept", func() (aws.CredentialsProvider, error) {
		if kept != nil {
			return kept, nil
		}
		fresh, err := load()
		if err == nil {
			kept = fresh
		}
		return fresh, err
	})
}
