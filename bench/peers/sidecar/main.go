// A credential sidecar on aws-sdk-go-v2 that does what ours does for one role: base identity from the Pod Identity
// agent, AssumeRole, credentials on loopback for whoever has the token, refreshed ahead, the last good ones kept. It
// has one role, one hop and no metrics.
//
// The SDK's own variables say where the agent is (AWS_CONTAINER_CREDENTIALS_FULL_URI,
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE).
package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	// As long as ours holds a request that can't be answered yet.
	holdFor    = 800 * time.Millisecond
	fetchLimit = 5 * time.Second
	retryAfter = 500 * time.Millisecond
)

type settings struct {
	port, health                     string
	tokenFile                        string
	stsEndpoint, region              string
	roleARN, sessionName, externalID string
	durationSeconds                  int
}

// What SDKs read from a container endpoint.
type answer struct {
	AccessKeyId     string
	SecretAccessKey string
	Token           string
	AccountId       string
	Expiration      string
	expires         time.Time
}

type keeper struct {
	current atomic.Pointer[answer]
	// Closed once the first credentials are there.
	first chan struct{}
}

func main() {
	var given settings
	flag.StringVar(&given.port, "port", "", "of the credentials")
	flag.StringVar(&given.health, "health", "", "port of /healthz and /readyz")
	flag.StringVar(&given.tokenFile, "token-file", "", "where the token of the endpoint is written")
	flag.StringVar(&given.stsEndpoint, "sts", "", "URL of STS")
	flag.StringVar(&given.region, "region", "", "of STS")
	flag.StringVar(&given.roleARN, "role", "", "role to assume")
	flag.StringVar(&given.sessionName, "session", "", "name of its sessions")
	flag.StringVar(&given.externalID, "external-id", "", "ExternalId of AssumeRole")
	flag.IntVar(&given.durationSeconds, "seconds", 3600, "length of its sessions")
	flag.Parse()
	context, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(context, given); err != nil {
		slog.Error("ending", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, given settings) error {
	token, err := writeToken(given.tokenFile)
	if err != nil {
		return err
	}
	keeper := &keeper{first: make(chan struct{})}
	go keeper.keep(ctx, makeFetch(given))
	credentials, health := http.NewServeMux(), http.NewServeMux()
	credentials.HandleFunc("GET /v1/credentials", keeper.serve(token))
	health.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	health.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !keeper.valid() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	ended := make(chan error, 2)
	for port, handler := range map[string]http.Handler{given.port: credentials, given.health: health} {
		server := &http.Server{
			Addr:              net.JoinHostPort("127.0.0.1", port),
			Handler:           handler,
			ReadHeaderTimeout: 5 * time.Second,
			IdleTimeout:       time.Minute,
		}
		go func() { ended <- server.ListenAndServe() }()
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

func writeToken(path string) (string, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	token := base64.RawURLEncoding.EncodeToString(random)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return token, os.WriteFile(path, []byte(token), 0o444)
}

func (k *keeper) valid() bool {
	current := k.current.Load()
	return current != nil && time.Now().Before(current.expires)
}

func (k *keeper) serve(token string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(token)) != 1 {
			fail(w, http.StatusUnauthorized, "TokenInvalid")
			return
		}
		if !k.valid() {
			select {
			case <-k.first:
			case <-time.After(holdFor):
			case <-r.Context().Done():
			}
		}
		if !k.valid() {
			w.Header().Set("Retry-After", "1")
			fail(w, http.StatusServiceUnavailable, "NotReady")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(k.current.Load())
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Code": code})
}

// Fetches until it is told to end: ahead of the end of the session, at once after a failure.
func (k *keeper) keep(ctx context.Context, fetch func(context.Context) (*answer, error)) {
	wait := time.Duration(0)
	for fetches := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		got, err := fetch(ctx)
		if err != nil {
			slog.Error("no credentials", "error", err)
			wait = retryAfter
			continue
		}
		k.current.Store(got)
		if fetches == 0 {
			close(k.first)
		}
		fetches++
		wait = untilRefresh(time.Until(got.expires), fetches == 1)
		// What the fetch left behind goes back to the system, as in ours.
		time.AfterFunc(time.Second, debug.FreeOSMemory)
	}
}

// Our rule: with min(L/2, max(20 min, L/4)) left, the first time at a random phase.
func untilRefresh(length time.Duration, first bool) time.Duration {
	due := length - min(length/2, max(20*time.Minute, length/4))
	if first {
		due = time.Duration(float64(due) * (0.05 + 0.95*mathrand.Float64()))
	}
	return max(time.Second, due)
}

func makeFetch(given settings) func(context.Context) (*answer, error) {
	base := endpointcreds.New(os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), func(o *endpointcreds.Options) {
		o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
			token, err := os.ReadFile(os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
			return string(token), err
		})
	})
	client := sts.New(sts.Options{
		Region:       given.region,
		BaseEndpoint: aws.String(given.stsEndpoint),
		Credentials:  aws.NewCredentialsCache(base),
	})
	input := &sts.AssumeRoleInput{
		RoleArn:         aws.String(given.roleARN),
		RoleSessionName: aws.String(given.sessionName),
		DurationSeconds: aws.Int32(int32(given.durationSeconds)),
		ExternalId:      aws.String(given.externalID),
	}
	return func(ctx context.Context) (*answer, error) {
		ctx, cancel := context.WithTimeout(ctx, fetchLimit)
		defer cancel()
		output, err := client.AssumeRole(ctx, input)
		if err != nil {
			return nil, err
		}
		c := output.Credentials
		if c == nil || c.Expiration == nil {
			return nil, errors.New("the answer of STS has no credentials")
		}
		return &answer{
			AccessKeyId:     aws.ToString(c.AccessKeyId),
			SecretAccessKey: aws.ToString(c.SecretAccessKey),
			Token:           aws.ToString(c.SessionToken),
			AccountId:       accountOf(given.roleARN),
			Expiration:      c.Expiration.UTC().Format(time.RFC3339),
			expires:         *c.Expiration,
		}, nil
	}
}

// arn:aws:iam::222222222222:role/orders
func accountOf(roleARN string) string {
	const before = len("arn:aws:iam::")
	if len(roleARN) < before+12 {
		return ""
	}
	return roleARN[before : before+12]
}
