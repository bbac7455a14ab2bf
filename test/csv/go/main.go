// Reads a JSON list of texts, and answers what encoding/csv makes of each as the EKS webhook asks it: one record, or null.
package main

import (
	"encoding/csv"
	"encoding/json"
	"log"
	"os"
	"strings"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		log.Fatal(err)
	}
	records := make([][]string, len(texts))
	for i, text := range texts {
		record, err := csv.NewReader(strings.NewReader(text)).Read()
		if err == nil {
			records[i] = record
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(records); err != nil {
		log.Fatal(err)
	}
}
