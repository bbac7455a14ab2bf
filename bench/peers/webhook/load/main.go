// Sends reviews to a webhook over TLS connections that are kept, each connection one request after the other, and
// prints one line of JSON: answers a second, and p50, p99 and the longest in milliseconds. It ends after that time, or after
// that many answers.
//
//	load -url URL -ca FILE -name SERVERNAME -reviews FILE -connections N -seconds S [-answers N]
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

type result struct {
	Answers   int     `json:"answers"`
	Patched   int     `json:"patched"`
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	Longest   float64 `json:"longest"`
}

func main() {
	to := flag.String("url", "", "where the reviews go")
	ca := flag.String("ca", "", "PEM file that is trusted")
	name := flag.String("name", "", "name in the certificate")
	file := flag.String("reviews", "", "one review a line")
	connections := flag.Int("connections", 1, "connections at once")
	seconds := flag.Float64("seconds", 1, "how long")
	answers := flag.Int("answers", math.MaxInt, "how many at most")
	flag.Parse()
	got, err := run(*to, *ca, *name, *file, *connections, *answers, time.Duration(*seconds*float64(time.Second)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(got)
}

func run(to, ca, name, file string, connections, answers int, length time.Duration) (*result, error) {
	target, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	requests := requestsOf(target, bytes.Split(bytes.TrimSpace(text), []byte("\n")))
	var next, patched atomic.Int64
	var group sync.WaitGroup
	times := make([][]time.Duration, connections)
	failures := make([]error, connections)
	started := time.Now()
	for index := range connections {
		group.Go(func() {
			connection, err := tls.Dial("tcp", target.Host, &tls.Config{RootCAs: trusted, ServerName: name})
			if err != nil {
				failures[index] = err
				return
			}
			defer connection.Close()
			reader := bufio.NewReaderSize(connection, 64<<10)
			for time.Since(started) < length {
				turn := int(next.Add(1) - 1)
				if turn >= answers {
					return
				}
				request := requests[turn%len(requests)]
				before := time.Now()
				hasPatch, err := exchange(connection, reader, request)
				if err != nil {
					failures[index] = err
					return
				}
				times[index] = append(times[index], time.Since(before))
				if hasPatch {
					patched.Add(1)
				}
			}
		})
	}
	group.Wait()
	took := time.Since(started)
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	all := slices.Concat(times...)
	slices.Sort(all)
	at := func(share float64) float64 { return float64(all[int(share*float64(len(all)-1))]) / 1e6 }
	perSecond := float64(len(all)) / took.Seconds()
	return &result{len(all), int(patched.Load()), perSecond, at(0.5), at(0.99), at(1)}, nil
}

// Whole requests as bytes: what is measured is the webhook, not the making of them.
func requestsOf(target *url.URL, reviews [][]byte) [][]byte {
	requests := make([][]byte, len(reviews))
	for index, review := range reviews {
		head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			target.RequestURI(), target.Host, len(review))
		requests[index] = append([]byte(head), review...)
	}
	return requests
}

func exchange(connection net.Conn, reader *bufio.Reader, request []byte) (bool, error) {
	if _, err := connection.Write(request); err != nil {
		return false, err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return false, err
	}
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != 200 || !bytes.Contains(body, []byte(`"allowed":true`))) {
		err = fmt.Errorf("%d: %.300s", response.StatusCode, body)
	}
	return bytes.Contains(body, []byte(`"patch":"`)), err
}
