package parallel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A Shared is work in independent parts, so that its result does not depend on who does which of them.
type Shared interface {
	// Work does parts until there are none left. It is called in several goroutines at once.
	Work(p Parts)
}

// Parts hands out the parts of a Shared to one goroutine.
type Parts struct {
	g *gang
	// Worker is the number of the goroutine, below that of workers.
	Worker int
}

// Share does parts 0 to n-1 of s in up to so many goroutines, the caller being one, and returns when all are done. A
// panic in one of them is the caller's. In the long run it allocates nothing.
func Share(n, workers int, s Shared) {
	workers = max(1, min(workers, n))
	g := gangs.Take()
	if g == nil {
		g = newGang()
	}
	g.open(n, workers, s)
	g.join(0)
	g.close()
	g.panics.Raise()
	gangs.Give(g)
}

// busy is the number of goroutines that share work.
var busy atomic.Int32

// Hands is among how many goroutines a short piece of work is best shared now: as many as there are processors, but one
// where so many share other work already. A product within a part of something shared is done by who does the part.
func Hands() int {
	if procs := runtime.GOMAXPROCS(0); int(busy.Load()) < procs {
		return procs
	}
	return 1
}

// Next is the next part to do. Every worker begins with a range of its own, so that what it does again and again stays
// in the cache of one processor, and then takes what others have left of theirs.
func (p Parts) Next() (i int, ok bool) {
	g := p.g
	for k := range g.workers {
		r := p.Worker + k
		if r >= g.workers {
			r -= g.workers
		}
		end := int64((r + 1) * g.n / g.workers)
		if g.next[r].at.Load() >= end {
			continue
		}
		if i := g.next[r].at.Add(1) - 1; i < end {
			return int(i), true
		}
	}
	return 0, false
}

// gang is the state of one Share, kept for the next. The caller does not wait for a helper that has not come yet when the
// parts run out: on a busy computer that may take long. Such a helper joins whatever the gang then works on, if anything.
type gang struct {
	n, workers int
	work       Shared
	next       []counter // of each range
	helper     func()    // kept, so that starting a goroutine allocates nothing
	expected   atomic.Int32
	seats      atomic.Int32 // workers so far
	inside     atomic.Int32 // helpers at work, and closed where there is nothing to join
	left       chan struct{}
	panics     Panics
}

// counter has a line of the cache for itself.
type counter struct {
	at atomic.Int64
	_  [56]byte
}

const closed = -1 << 30

var gangs FreeList[gang]

func newGang() *gang {
	g := &gang{left: make(chan struct{}, 1)}
	g.helper = func() { help(g) }
	g.inside.Store(closed)
	return g
}

// open begins the work and sends for helpers.
func (g *gang) open(n, workers int, s Shared) {
	if g.n, g.workers, g.work = n, workers, s; len(g.next) < workers {
		g.next = make([]counter, workers)
	}
	for r := range workers {
		g.next[r].at.Store(int64(r * n / workers))
	}
	g.seats.Store(1)
	g.inside.Add(-closed)
	for missing := int32(workers) - 1 - g.expected.Load(); missing > 0; missing-- {
		g.expected.Add(1)
		if !invite(g) {
			go g.helper()
		}
	}
}

// close waits for the helpers that joined.
func (g *gang) close() {
	g.inside.Add(closed)
	if g.inside.Load() != closed {
		for begun := time.Now(); g.inside.Load() != closed && time.Since(begun) < patience; {
			runtime.Gosched()
		}
		for g.inside.Load() != closed {
			<-g.left
		}
	}
	g.work = nil
}

// join takes part; a panic is kept for the caller of Share.
func (g *gang) join(worker int) {
	defer g.panics.Keep()
	if g.workers > 1 {
		busy.Add(1)
		defer busy.Add(-1)
	}
	g.work.Work(Parts{g, worker})
}

// help joins the work of g if it is still open, then of whoever asks for help soon.
func help(g *gang) {
	for g != nil {
		g.expected.Add(-1)
		if g.inside.Add(1) > 0 {
			if worker := int(g.seats.Add(1)) - 1; worker < g.workers {
				g.join(worker)
			}
		}
		if g.inside.Add(-1) == closed {
			select {
			case g.left <- struct{}{}:
			default:
			}
		}
		g = invitation()
	}
}

// patience is how long one looks for what others will soon have done before one sleeps, from which waking up takes a
// while: on a virtual machine with two processors .05 ms in the median, .1 ms or more for a quarter.
const patience = 100 * time.Microsecond

// Helpers that look for work are counted, and as many gangs may be put into the channel as have been taken off the count.
var (
	looking     atomic.Int32
	invitations = make(chan *gang, 64)
)

// invite asks a helper that looks for work, if there is one.
func invite(g *gang) bool {
	if !lower(&looking) {
		return false
	}
	invitations <- g
	return true
}

// invitation is what a helper is asked to join, nil if nothing soon.
func invitation() *gang {
	looking.Add(1)
	for begun := time.Now(); time.Since(begun) < patience; runtime.Gosched() {
		select {
		case g := <-invitations:
			return g
		default:
		}
	}
	if lower(&looking) {
		return nil
	}
	return <-invitations
}

// lower takes one off a count that is above 0.
func lower(count *atomic.Int32) bool {
	for {
		switch n := count.Load(); {
		case n <= 0:
			return false
		case count.CompareAndSwap(n, n-1):
			return true
		}
	}
}
