// Go's own CSV reader, for the tests.
module rolechain.io/csv

go 1.22
