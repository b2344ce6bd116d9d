// Copyright: netfs.bench contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// checker -models NAME,... [-seconds N] FILE: is what clients did, and were told, what each model allows?
//
// Prints a JSON list with an entry for each kind of operations and each model. Exit code 0 says that this was found
// out, whatever it is, and 2 that the history cannot be read.
package main

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	linearizable = "linearizable"
	sequential   = "sequential"
	closeToOpen  = "close-to-open"

	valid      = "valid"
	invalid    = "invalid"
	notDecided = "unknown"
)

// How many seconds a check may take while a counter-example is made smaller: only what is quick is worth it.
const shrinkCheck = 2 * time.Second

type verdict struct {
	Kind       string `json:"kind"`
	Model      string `json:"model"`
	Result     string `json:"result"`
	Operations int    `json:"operations"`
	// Those of which it is not known whether they took effect.
	Unknown int `json:"unknown"`
	Keys    int `json:"keys"`
	// The key that is invalid, and as few of its operations as still are.
	Key            string       `json:"key,omitempty"`
	CounterExample []*operation `json:"counter_example,omitempty"`
}

func main() {
	models := flag.String("models", linearizable, "the models, with commas")
	seconds := flag.Int("seconds", 60, "how long each kind and model may take")
	flag.Parse()
	if err := run(strings.Split(*models, ","), time.Duration(*seconds)*time.Second, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(models []string, limit time.Duration, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	from := io.Reader(file)
	if strings.HasSuffix(path, ".gz") {
		if from, err = gzip.NewReader(file); err != nil {
			return err
		}
	}
	keys, err := readHistory(from)
	if err != nil {
		return err
	}
	byKind := map[string][]string{}
	for key, operations := range keys {
		byKind[operations[0].Kind] = append(byKind[operations[0].Kind], key)
	}
	found := []verdict{}
	for _, name := range sortedKeys(byKind) {
		for _, model := range models {
			if model != linearizable && model != sequential && model != closeToOpen {
				return fmt.Errorf("unknown model %q", model)
			}
			sort.Strings(byKind[name])
			found = append(found, verdictOf(name, model, byKind[name], keys, time.Now().Add(limit)))
		}
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func sortedKeys(of map[string][]string) []string {
	var sorted []string
	for name := range of {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	return sorted
}

func verdictOf(name, model string, keys []string, histories map[string][]*operation, until time.Time) verdict {
	v := verdict{Kind: name, Model: model, Result: valid, Keys: len(keys)}
	for _, key := range keys {
		v.Operations += len(histories[key])
		for _, o := range histories[key] {
			if o.Outcome == unknown {
				v.Unknown++
			}
		}
	}
	for _, key := range keys {
		switch check(kinds[name], model, histories[key], until) {
		case porcupine.Illegal:
			v.Result, v.Key = invalid, key
			v.CounterExample = shrink(kinds[name], model, histories[key], until)
			if kinds[name] == counter { // of a file of many entries, those that were left out are nothing to look for
				v.CounterExample = original(v.CounterExample, histories[key])
			}
			return v
		case porcupine.Unknown:
			v.Result = notDecided
		}
	}
	return v
}

// check searches for an order of the operations that the kind allows.
func check(of *kind, model string, operations []*operation, until time.Time) porcupine.CheckResult {
	if model == closeToOpen {
		kept, rest := of.closeToOpen(operations)
		if !kept {
			return porcupine.Illegal
		}
		operations = rest
	}
	left := time.Until(until)
	if left <= 0 {
		return porcupine.Unknown
	}
	if model == sequential {
		return porcupine.CheckOperationsTimeout(inOrderOfClients(of), history(operations, true), left)
	}
	return porcupine.CheckOperationsTimeout(porcupine.Model{
		Init: func() interface{} { return of.begin },
		Step: func(state, input, _ interface{}) (bool, interface{}) {
			return of.step(state.(string), input.(*operation))
		},
	}, history(operations, false), left)
}

// inOrderOfClients is the model in which only the order of each client's own operations counts: it is part of the state.
func inOrderOfClients(of *kind) porcupine.Model {
	return porcupine.Model{
		Init: func() interface{} { return "|" + of.begin },
		Step: func(both, input, _ interface{}) (bool, interface{}) {
			o := input.(*operation)
			places, state, _ := strings.Cut(both.(string), "|")
			counts := map[string]int{}
			for _, pair := range strings.Fields(places) {
				var client string
				var count int
				fmt.Sscanf(strings.Replace(pair, ":", " ", 1), "%s %d", &client, &count)
				counts[client] = count
			}
			me := fmt.Sprint(o.Client)
			if counts[me] < o.place || (o.Outcome == done && counts[me] != o.place) {
				return false, both
			}
			ok, after := of.step(state, o)
			if o.Outcome == done {
				counts[me]++
			}
			var pairs []string
			for client, count := range counts {
				pairs = append(pairs, fmt.Sprintf("%s:%d", client, count))
			}
			sort.Strings(pairs)
			return ok, strings.Join(pairs, " ") + "|" + after
		},
	}
}

func history(operations []*operation, untimed bool) []porcupine.Operation {
	var made []porcupine.Operation
	for i, o := range operations {
		call, end := o.Call, o.Return
		if untimed { // all at once, and tried in the order in which they were called
			call, end = int64(i), int64(1)<<62+int64(i)
		}
		made = append(made, porcupine.Operation{ClientId: o.Client, Input: o, Call: call, Return: end})
	}
	return made
}

// shrink leaves out operations for as long as the rest is invalid: first many at a time, in the end one by one.
func shrink(of *kind, model string, operations []*operation, until time.Time) []*operation {
	illegal := func(some []*operation) bool {
		limit := time.Now().Add(shrinkCheck)
		if until.Before(limit) {
			limit = until
		}
		return check(of, model, places(some, model), limit) == porcupine.Illegal
	}
	// what comes after a moment in which nothing was under way is not needed for what was before
	for _, moment := range quiet(operations) {
		begun := drop(operations, func(o *operation) bool { return o.Call < moment })
		if illegal(begun) {
			operations = begun
			break
		}
	}
	for size := len(operations) / 2; size >= 1; {
		smaller := false
		for from := 0; from < len(operations) && time.Now().Before(until); from += size {
			fewer := operations
			for _, gone := range operations[from:min(from+size, len(operations))] {
				if now := find(fewer, gone.ID); now != nil {
					if rest := of.without(fewer, now); rest != nil {
						fewer = rest
					}
				}
			}
			if len(fewer) < len(operations) && illegal(fewer) {
				operations, smaller = fewer, true
				from -= size // what follows has moved up
			}
		}
		if !smaller || size > 1 {
			size /= 2
		}
	}
	return operations
}

// quiet returns the moments at which an operation was called while no other one was under way, but those whose end is
// not known.
func quiet(operations []*operation) []int64 {
	var moments []int64
	var last int64
	for _, o := range operations {
		if o.Call > last && last > 0 {
			moments = append(moments, o.Call)
		}
		if o.Outcome == done && o.Return > last {
			last = o.Return
		}
	}
	return moments
}

// places counts anew which operation of its client each is: those between may be gone.
func places(operations []*operation, model string) []*operation {
	if model != sequential {
		return operations
	}
	counts := map[int]int{}
	var made []*operation
	for _, o := range operations {
		moved := *o
		moved.place = counts[o.Client]
		if o.Outcome == done {
			counts[o.Client]++
		}
		made = append(made, &moved)
	}
	return made
}

// original returns the operations as they were, with the answers that the clients got.
func original(some, all []*operation) []*operation {
	var found []*operation
	for _, o := range some {
		found = append(found, find(all, o.ID))
	}
	return found
}

func find(operations []*operation, id int) *operation {
	for _, o := range operations {
		if o.ID == id {
			return o
		}
	}
	return nil
}
