// Measures a credential sidecar from outside, with a clock and a client that cost it little; each prints one line of
// JSON, times in milliseconds:
//
//	meter start -port P -token-file F -- COMMAND...   starts it, and asks for credentials as soon as it listens
//	meter run -- COMMAND...                           runs a program to its end: time, CPU, memory
//	meter load -port P -token-file F -rate R -seconds S -kept=BOOL   requests that don't wait for each other
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const path = "/v1/credentials"

type target struct{ address, tokenFile string }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("meter start, run or load")
	}
	flags := flag.NewFlagSet(args[0], flag.ExitOnError)
	port := flags.String("port", "", "of the credentials")
	tokenFile := flags.String("token-file", "", "what it asks for in Authorization")
	rate := flags.Float64("rate", 100, "requests a second")
	seconds := flags.Float64("seconds", 1, "how long")
	kept := flags.Bool("kept", false, "one connection is kept, instead of a new one for each request")
	_ = flags.Parse(args[1:])
	to := target{net.JoinHostPort("127.0.0.1", *port), *tokenFile}
	var result any
	var err error
	switch args[0] {
	case "start":
		result, err = start(to, flags.Args())
	case "run":
		result, err = once(flags.Args())
	case "load":
		result, err = load(to, *rate, *seconds, *kept)
	default:
		err = fmt.Errorf("meter doesn't know %s", args[0])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func command(words []string) *exec.Cmd {
	command := exec.Command(words[0], words[1:]...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return command
}

type started struct {
	Listening float64 `json:"listening"`
	First     float64 `json:"first"`
}

const patience = 20 * time.Second

func start(to target, words []string) (*started, error) {
	program := command(words)
	var said strings.Builder
	program.Stdout, program.Stderr = &said, &said
	before := time.Now()
	if err := program.Start(); err != nil {
		return nil, err
	}
	got, err := firstCredential(to, before)
	_ = program.Process.Kill()
	_ = program.Wait()
	if err != nil {
		return nil, fmt.Errorf("%w: %.2000s", err, said.String())
	}
	return got, nil
}

func firstCredential(to target, before time.Time) (*started, error) {
	var got started
	client := clientFor(false)
	for time.Since(before) < patience {
		if got.Listening == 0 {
			connection, err := net.Dial("tcp", to.address)
			if err != nil {
				// Seldom enough to leave the processors to what is measured.
				time.Sleep(250 * time.Microsecond)
				continue
			}
			_ = connection.Close()
			got.Listening = milliseconds(time.Since(before))
		}
		if err := ask(client, to); err == nil {
			got.First = milliseconds(time.Since(before))
			return &got, nil
		}
		time.Sleep(time.Millisecond)
	}
	return nil, errors.New("no credentials in time")
}

func clientFor(kept bool) *http.Client {
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: !kept}}
}

func ask(client *http.Client, to target) error {
	token, err := os.ReadFile(to.tokenFile)
	if err != nil {
		return err
	}
	return askWith(client, to, string(token))
}

func askWith(client *http.Client, to target, token string) error {
	request, err := http.NewRequest(http.MethodGet, "http://"+to.address+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", token)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var credentials struct{ AccessKeyId string }
	if err := json.NewDecoder(response.Body).Decode(&credentials); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || credentials.AccessKeyId == "" {
		return errors.New(response.Status)
	}
	return nil
}

type ended struct {
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
	// MiB, shared pages of files included.
	Resident float64 `json:"resident"`
	Code     int     `json:"code"`
}

func once(words []string) (*ended, error) {
	program := command(words)
	before := time.Now()
	err := program.Run()
	took := time.Since(before)
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return nil, err
	}
	state := program.ProcessState
	usage, _ := state.SysUsage().(*syscall.Rusage)
	cpu := milliseconds(state.UserTime() + state.SystemTime())
	return &ended{milliseconds(took), cpu, float64(usage.Maxrss) / 1024, state.ExitCode()}, nil
}

type loaded struct {
	Answers int     `json:"answers"`
	Failed  int     `json:"failed"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

// Requests leave at their time whether those before them are answered or not: a pause of the sidecar meets all that
// fall into it.
func load(to target, rate, seconds float64, kept bool) (*loaded, error) {
	token, err := os.ReadFile(to.tokenFile)
	if err != nil {
		return nil, err
	}
	client := clientFor(kept)
	times := make([]time.Duration, int(rate*seconds))
	failures := make([]error, len(times))
	begin := time.Now().Add(10 * time.Millisecond)
	var group sync.WaitGroup
	for index := range times {
		time.Sleep(time.Until(begin.Add(time.Duration(float64(index) / rate * float64(time.Second)))))
		group.Go(func() {
			before := time.Now()
			failures[index] = askWith(client, to, string(token))
			times[index] = time.Since(before)
		})
	}
	group.Wait()
	failed := len(slices.DeleteFunc(failures, func(err error) bool { return err == nil }))
	slices.Sort(times)
	at := func(share float64) float64 { return milliseconds(times[int(share*float64(len(times)-1))]) }
	return &loaded{len(times), failed, at(0.5), at(0.99), at(1)}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }
