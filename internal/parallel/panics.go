// Package parallel carries a panic from the goroutine that had it to the one that
// waits for it, where it can be recovered from: a panic that leaves a goroutine ends
// the whole program. Everything that starts goroutines waits for them by a Group, or,
// where starting one must allocate nothing, keeps Panics of its own.
package parallel

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// Panics keeps the first panic of several goroutines. The zero value has none.
type Panics struct{ first atomic.Pointer[string] }

// Keep is deferred in a goroutine: it recovers and keeps what the panic was about,
// followed by the stack.
func (p *Panics) Keep() {
	if what := recover(); what != nil {
		text := fmt.Sprintf("%v\n%s", what, debug.Stack())
		p.first.CompareAndSwap(nil, &text)
	}
}

// Kept says whether there was one.
func (p *Panics) Kept() bool { return p.first.Load() != nil }

// Raise panics with what was kept, if anything, once. Every goroutine must have ended.
func (p *Panics) Raise() {
	if text := p.first.Swap(nil); text != nil {
		panic(*text)
	}
}
