// Only so that `go mod download` runs in a module: the CRDs of the Prometheus operator are files of another one (../prometheus.ts).
module rolechain.test/prometheus

go 1.22
