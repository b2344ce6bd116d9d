// Copyright: netfs.bench contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

// What a register reads that holds bytes nobody wrote: a part of one value, or of several.
const torn = -1

// A kind of thing that clients share: what it is when nobody has touched it, and what an operation makes of it.
type kind struct {
	operations map[string]struct{}
	begin      string
	// step says whether the operation can have its answer in this state, and which state comes after it.
	step func(state string, o *operation) (bool, string)
	// closeToOpen says whether what the operations may answer where they need not be in one order is kept; it returns
	// those that must be.
	closeToOpen func(operations []*operation) (bool, []*operation)
	// without returns a history that is valid if this one is, with an operation fewer, and what belongs to it; nil if
	// there is none.
	without func(operations []*operation, gone *operation) []*operation
}

var kinds = map[string]*kind{
	"register-write":  register(true),
	"register-rename": register(false),
	"lock-excl":       lock,
	"flock":           lock,
	"counter":         counter,
	"append-set":      appendSet,
	"directory":       directory,
}

func names(words ...string) map[string]struct{} {
	set := map[string]struct{}{}
	for _, word := range words {
		set[word] = struct{}{}
	}
	return set
}

func drop(operations []*operation, unless func(*operation) bool) []*operation {
	var kept []*operation
	for _, o := range operations {
		if unless(o) {
			kept = append(kept, o)
		}
	}
	return kept
}

func only(operations []*operation, gone *operation) []*operation {
	return drop(operations, func(o *operation) bool { return o != gone })
}

func strict(operations []*operation) (bool, []*operation) { return true, operations }

// A file that is written anew each time, in place or by a rename, and read.
func register(inPlace bool) *kind {
	return &kind{
		operations: names("write", "read"),
		begin:      "0",
		step: func(state string, o *operation) (bool, string) {
			if o.Op == "write" {
				return true, strconv.Itoa(o.Value)
			}
			return state == strconv.Itoa(o.Result.one), state
		},
		// A read returns what a write left that had begun, and that no write which began after its end had overwritten
		// before the read began. Of writes at the same time any may be what a client reads from then on.
		closeToOpen: func(operations []*operation) (bool, []*operation) {
			for _, r := range operations {
				if r.Op == "read" && !mayRead(operations, r, inPlace) {
					return false, nil
				}
			}
			return true, nil
		},
		// Every write has a value of its own: without it nobody reads that.
		without: func(operations []*operation, gone *operation) []*operation {
			return drop(operations, func(o *operation) bool {
				return o != gone && !(gone.Op == "write" && o.Op == "read" && o.Result.one == gone.Value)
			})
		},
	}
}

// mayRead says whether a value was there to be read: its write had begun, and none that came after it had ended.
func mayRead(operations []*operation, r *operation, inPlace bool) bool {
	if r.Result.one == torn { // a file that is written in place, at that moment
		return inPlace && r.overlaps
	}
	overwritten := func(since int64) bool {
		for _, w := range operations {
			if w.Op == "write" && w.Call > since && w.Return < r.Call {
				return true
			}
		}
		return false
	}
	if r.Result.one == 0 {
		return !overwritten(-1)
	}
	for _, w := range operations {
		if w.Op == "write" && w.Value == r.Result.one {
			return w.Call < r.Return && !overwritten(w.Return)
		}
	}
	return false
}

// A lock: the state is who holds it.
var lock = &kind{
	operations: names("acquire", "release"),
	begin:      "",
	step: func(state string, o *operation) (bool, string) {
		me := strconv.Itoa(o.Client)
		free := state == ""
		switch {
		case o.Outcome == unknown && o.Op == "acquire" && free:
			return true, me
		case o.Outcome == unknown && o.Op == "release" && state == me:
			return true, ""
		case o.Outcome == unknown:
			return true, state
		case o.Op == "release":
			return state == me, ""
		case o.Result.one == 1:
			return free, me
		}
		return !free, state
	},
	closeToOpen: strict,
	// Without an answer that the lock was held nothing changes. A client that got and released it can be left out when
	// nobody was told meanwhile that it was held.
	without: func(operations []*operation, gone *operation) []*operation {
		if gone.Op == "acquire" && gone.Outcome == done && gone.Result.one == 0 {
			return only(operations, gone)
		}
		return withoutPair(operations, gone,
			func(o *operation) bool { return o.Op == "acquire" && o.Outcome == done && o.Result.one == 1 },
			func(o *operation) bool { return o.Op == "release" && o.Outcome == done && o.Client == gone.Client },
			func(o *operation) bool { return o.Op == "acquire" && o.Outcome == done && o.Result.one == 0 })
	},
}

// withoutPair leaves out a change and the next one that undoes it, where no operation that depends on it overlaps them.
func withoutPair(operations []*operation, gone *operation, does, undoes, depends func(*operation) bool) []*operation {
	if !does(gone) {
		return nil
	}
	var undo *operation
	for _, o := range operations {
		if undoes(o) && o.Call >= gone.Return && (undo == nil || o.Call < undo.Call) {
			undo = o
		}
	}
	if undo == nil {
		return nil
	}
	for _, o := range operations {
		if depends(o) && o.Call <= undo.Return && o.Return >= gone.Call {
			return nil
		}
	}
	return drop(operations, func(o *operation) bool { return o != gone && o != undo })
}

// A number in a file that clients raise by one, each while it holds a lock.
var counter = &kind{
	operations: names("increment", "read"),
	begin:      "0",
	step: func(state string, o *operation) (bool, string) {
		n, _ := strconv.Atoi(state)
		if o.Op == "read" {
			return n == o.Result.one, state
		}
		return o.Outcome == unknown || n == o.Result.one, strconv.Itoa(n + 1)
	},
	closeToOpen: strict,
	// Without one increment those after it find a number less; unless another one has found the same number, which no
	// valid history has.
	without: func(operations []*operation, gone *operation) []*operation {
		if gone.Op == "read" {
			return only(operations, gone)
		}
		if gone.Outcome == unknown {
			return nil
		}
		var kept []*operation
		twice := false
		for _, o := range only(operations, gone) {
			twice = twice || (o.Op == "increment" && o.Outcome == done && o.Result.one == gone.Result.one)
		}
		for _, o := range only(operations, gone) {
			if o.Outcome == done && o.Result.one > gone.Result.one && !twice {
				less := *o
				less.Result.one--
				o = &less
			}
			kept = append(kept, o)
		}
		return kept
	},
}

func join(entries []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(entries), " ", ","), "[]")
}

// A file to which clients append, and whose entries they read in their order.
var appendSet = &kind{
	operations: names("append", "read"),
	begin:      "",
	step: func(state string, o *operation) (bool, string) {
		if o.Op == "read" {
			return state == join(o.Result.many), state
		}
		if state == "" {
			return true, strconv.Itoa(o.Value)
		}
		return true, state + "," + strconv.Itoa(o.Value)
	},
	closeToOpen: func(operations []*operation) (bool, []*operation) { return appendsKept(operations), nil },
	without: func(operations []*operation, gone *operation) []*operation {
		rest := only(operations, gone)
		if gone.Op == "read" {
			return rest
		}
		for i, o := range rest {
			if o.Op == "read" {
				less := *o
				less.Result.many = []int{}
				for _, entry := range o.Result.many {
					if entry != gone.Value {
						less.Result.many = append(less.Result.many, entry)
					}
				}
				rest[i] = &less
			}
		}
		return rest
	},
}

// appendsKept says whether what close-to-open promises of appends is kept: the end of a file is found when it is opened,
// so appends at the same time may overwrite each other, and leave bytes that nobody wrote in the place of one. One that
// was alone stays; of two that follow each other the order stays; and nothing is there twice, or before it was begun.
func appendsKept(operations []*operation) bool {
	appends := map[int]*operation{}
	for _, o := range operations {
		if o.Op == "append" {
			appends[o.Value] = o
		}
	}
	for _, r := range operations {
		if r.Op != "read" {
			continue
		}
		seen := map[int]bool{}
		broken := 0
		for _, entry := range r.Result.many {
			if entry == torn {
				broken++
				continue
			}
			a := appends[entry]
			if seen[entry] || a == nil || a.Call > r.Return {
				return false
			}
			for other := range seen {
				if a.Return < appends[other].Call {
					return false
				}
			}
			seen[entry] = true
		}
		for value, a := range appends {
			if !seen[value] && !a.overlaps && a.Return < r.Call {
				return false
			}
			if !seen[value] && a.overlaps && a.Call < r.Return {
				broken--
			}
		}
		if broken > 0 && !r.overlaps {
			return false
		}
	}
	return true
}

// A directory in which clients create and remove names, and which they list. The state is the names, in their order.
var directory = &kind{
	operations: names("create", "remove", "list"),
	begin:      "",
	step: func(state string, o *operation) (bool, string) {
		if o.Op == "list" {
			sorted := append([]int{}, o.Result.many...)
			sort.Ints(sorted)
			return state == join(sorted), state
		}
		var there []int
		found := false
		for _, word := range strings.Split(state, ",") {
			if name, err := strconv.Atoi(word); err == nil && name != o.Value {
				there = append(there, name)
			} else if err == nil {
				found = true
			}
		}
		after := there
		if o.Op == "create" {
			after = append(append([]int{}, there...), o.Value)
			sort.Ints(after)
		}
		// a name is created where it is not, and removed where it is; else the answer is 0, and nothing changes
		could := found == (o.Op == "remove")
		switch {
		case o.Outcome == unknown && !could:
			return true, state
		case o.Outcome == unknown:
			return true, join(after)
		case o.Result.one == 1:
			return could, join(after)
		}
		return !could, state
	},
	// Names are created and removed by the server, one at a time. What is listed, and that a name is not there, may come
	// from a cache of the client; but nothing is listed that nobody has begun to create.
	closeToOpen: func(operations []*operation) (bool, []*operation) {
		for _, l := range operations {
			for _, name := range l.Result.many {
				begun := false
				for _, o := range operations {
					begun = begun || (o.Op == "create" && o.Value == name && o.Call < l.Return)
				}
				if !begun {
					return false, nil
				}
			}
		}
		var changes []*operation
		for _, o := range operations {
			if o.Op == "remove" && o.Outcome == done && o.Result.one == 0 {
				// a request that was sent again finds that it has removed the name itself
				maybe := *o
				maybe.Outcome, maybe.Return = unknown, math.MaxInt64
				o = &maybe
			}
			if o.Op != "list" {
				changes = append(changes, o)
			}
		}
		return true, changes
	},
	without: func(operations []*operation, gone *operation) []*operation {
		if gone.Op == "list" || (gone.Outcome == done && gone.Result.one == 0) {
			return only(operations, gone)
		}
		return withoutPair(operations, gone,
			func(o *operation) bool { return o.Op == "create" && o.Outcome == done },
			func(o *operation) bool {
				return o.Op == "remove" && o.Outcome == done && o.Result.one == 1 && o.Value == gone.Value
			},
			func(o *operation) bool {
				return o.Op == "list" || (o.Value == gone.Value && o.Outcome == done && o.Result.one == 0)
			})
	},
}
