package parallel

import (
	"strings"
	"sync/atomic"
	"testing"
)

func recovered(f func()) (what any) {
	defer func() { what = recover() }()
	f()
	return nil
}

// A panic is the waiting goroutine's, with the stack of the one that had it, after all have ended.
func TestGroupPanic(t *testing.T) {
	var g Group
	var ended, quotient atomic.Int32
	for i := range 20 {
		g.Go(func() {
			defer ended.Add(1)
			if i%7 == 3 {
				quotient.Add(deep(int32(i) / 20)) // by 0
			}
		})
	}
	text, _ := recovered(g.Wait).(string)
	if first, stack, _ := strings.Cut(text, "\n"); !strings.Contains(first, "divide by zero") || !strings.Contains(stack, "parallel.deep") {
		t.Errorf("%q", text)
	}
	if ended.Load() != 20 {
		t.Errorf("%d of 20 had ended", ended.Load())
	}
	g.Go(func() {})
	if what := recovered(g.Wait); what != nil {
		t.Errorf("a group that goes on: %v", what)
	}
}

func deep(zero int32) int32 { return 1 / zero }

// The others learn that one has panicked.
func TestGroupStop(t *testing.T) {
	stop := make(chan struct{})
	var g Group
	var once atomic.Bool
	g.Stop = func() {
		if once.CompareAndSwap(false, true) {
			close(stop)
		}
	}
	g.Go(func() { <-stop })
	g.Go(func() { panic("slip") })
	if recovered(g.Wait) == nil {
		t.Error("no panic")
	}
}
