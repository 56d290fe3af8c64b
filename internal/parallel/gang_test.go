package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counts counts how often each part is done, and by whom.
type counts struct {
	done    []atomic.Int32
	workers int
	slow    bool
	t       *testing.T
}

func (c *counts) Work(p Parts) {
	if p.Worker < 0 || p.Worker >= c.workers {
		c.t.Errorf("worker %d of %d", p.Worker, c.workers)
	}
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		if c.done[i].Add(1); c.slow && i%7 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func (c *counts) share(n int) {
	c.done = make([]atomic.Int32, n)
	Share(n, c.workers, c)
	for i := range c.done {
		if c.done[i].Load() != 1 {
			c.t.Errorf("part %d of %d is done %d times by %d", i, n, c.done[i].Load(), c.workers)
		}
	}
}

// Every part is done once, whatever the number of workers, of processors and of callers.
func TestShare(t *testing.T) {
	for _, procs := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(procs)
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() {
				for _, workers := range []int{1, 2, 3, 8} {
					c := &counts{workers: workers, t: t}
					for n := range 40 {
						c.share(n)
					}
					c.slow = true
					c.share(50)
				}
			})
		}
		callers.Wait()
		runtime.GOMAXPROCS(before)
	}
}

// nested shares within parts.
type nested struct{ t *testing.T }

func (s nested) Work(p Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		(&counts{workers: 3, t: s.t}).share(i)
	}
}

func TestShareNested(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for range 20 {
		Share(30, 4, nested{t})
	}
}

// slips panics in a part.
type slips struct{ at int }

func (s slips) Work(p Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		if i == s.at {
			panic("slip")
		}
	}
}

// A panic in a part is the caller's, when all have ended, and gangs go on.
func TestSharePanic(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for at := range 64 {
		if recovered(func() { Share(64, 4, slips{at}) }) == nil {
			t.Errorf("no panic in part %d", at)
		}
		Share(64, 4, slips{-1})
	}
}

// meets waits in every part for all the others, before it looks and after.
type meets struct {
	come, seen *sync.WaitGroup
	hands      []int
}

func (s meets) Work(p Parts) {
	i, _ := p.Next()
	s.come.Done()
	s.come.Wait()
	s.hands[i] = Hands()
	s.seen.Done()
	s.seen.Wait()
}

// What is begun while all processors share work is not shared once more.
func TestHands(t *testing.T) {
	const procs = 3
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	for range 20 {
		if h := Hands(); h != procs {
			t.Fatalf("%d hands of %d", h, procs)
		}
		s := meets{new(sync.WaitGroup), new(sync.WaitGroup), make([]int, procs)}
		s.come.Add(procs)
		s.seen.Add(procs)
		Share(procs, procs, s)
		for i, h := range s.hands {
			if h != 1 {
				t.Errorf("%d hands in part %d", h, i)
			}
		}
	}
}
