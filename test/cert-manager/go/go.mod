// Only so that `go mod download` runs in a module: cert-manager's CRDs are files of another one (../crds.ts).
module rolechain.test/cert-manager

go 1.22
