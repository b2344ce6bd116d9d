// Copyright: netfs.bench contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
)

// What a client did, a line of a history. docs/validation.md says what each kind and operation is.
type operation struct {
	ID     int    `json:"id"`
	Client int    `json:"client"`
	Kind   string `json:"kind"`
	Key    string `json:"key"`
	Op     string `json:"op"`
	Value  int    `json:"value"`
	Result answer `json:"result"`
	Call   int64  `json:"call"`
	Return int64  `json:"return"`
	// "done"; "unknown", which may have taken effect, may still, or never will; "nothing", which certainly has not
	Outcome string `json:"outcome"`
	Error   string `json:"error,omitempty"`

	// Whether another operation that changes the same thing was under way at the same time: close-to-open asks less of
	// it then. It is told from the whole history, and stays when that is made smaller.
	overlaps bool
	// The place of the operation in those of its client.
	place int
}

// One number, or several: what was read from a register, a counter or a lock, or a file or directory of many entries.
type answer struct {
	one  int
	many []int
}

func (a *answer) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, &a.many)
	}
	return json.Unmarshal(text, &a.one)
}

func (a answer) MarshalJSON() ([]byte, error) {
	if a.many != nil {
		return json.Marshal(a.many)
	}
	return json.Marshal(a.one)
}

const (
	done    = "done"
	unknown = "unknown"
	nothing = "nothing"
)

// Whether the answer of the operation is no change, and says nothing when it is not known.
func (o *operation) looks() bool { return o.Op == "read" || o.Op == "list" }

// readHistory returns the operations by their key. Those that certainly did nothing, and those that look and got no
// answer, are left out; a change whose outcome is not known may take effect until the end of time.
func readHistory(from io.Reader) (map[string][]*operation, error) {
	keys := map[string][]*operation{}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 1<<16), 1<<24)
	for number := 1; lines.Scan(); number++ {
		o := &operation{}
		if err := json.Unmarshal(lines.Bytes(), o); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		known := kinds[o.Kind]
		switch {
		case known == nil:
			return nil, fmt.Errorf("line %d: unknown kind %q", number, o.Kind)
		case o.Outcome != done && o.Outcome != unknown && o.Outcome != nothing:
			return nil, fmt.Errorf("line %d: unknown outcome %q", number, o.Outcome)
		case o.Return < o.Call:
			return nil, fmt.Errorf("line %d: the operation returned before it was called", number)
		}
		if _, ok := known.operations[o.Op]; !ok {
			return nil, fmt.Errorf("line %d: kind %q has no operation %q", number, o.Kind, o.Op)
		}
		if o.Outcome == nothing || (o.Outcome == unknown && o.looks()) {
			continue
		}
		if o.Outcome == unknown {
			o.Return = math.MaxInt64
		}
		keys[o.Key] = append(keys[o.Key], o)
	}
	for _, operations := range keys {
		sort.SliceStable(operations, func(i, j int) bool { return operations[i].Call < operations[j].Call })
		mark(operations)
	}
	return keys, lines.Err()
}

// mark notes of each operation whether a change overlaps it, and its place in those of its client.
func mark(operations []*operation) {
	places := map[int]int{}
	for _, o := range operations {
		o.place = places[o.Client]
		if o.Outcome == done { // what comes after one whose end is not known does not wait for it
			places[o.Client]++
		}
	}
	for i, o := range operations {
		for _, other := range operations[i+1:] {
			if other.Call > o.Return {
				break
			}
			if !other.looks() {
				o.overlaps = true
			}
			if !o.looks() {
				other.overlaps = true
			}
		}
	}
}
