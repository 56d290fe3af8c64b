package dense

import (
	"runtime"
	"sync"
	"sync/atomic"

	"multigrade/internal/parallel"
)

// work is a set of independent tasks 0..n-1; task i may use the workspace.
type work interface {
	do(i int, ws *workspace)
}

// gang runs the tasks of one work on several goroutines. Which goroutine runs
// a task, and when, has no influence on its result.
//
// The caller of run does not wait for a helper that has not started yet when
// the tasks run out: on a busy computer that may take long. Such a helper is
// pending; when it starts it joins what the gang then works on, if anything.
type gang struct {
	next   atomic.Int64
	n      int64
	work   work
	helper func() // kept, so that starting a goroutine allocates nothing
	panics parallel.Panics

	mu      sync.Mutex
	idle    sync.Cond // active became 0
	open    bool      // there is work to join
	active  int       // helpers at work
	pending int       // helpers not started yet
}

var gangs = make(freeList[gang], 64)

// run does tasks 0..n-1 of w on up to GOMAXPROCS goroutines, the caller being one.
func run(w work, n int) {
	helpers := 0
	if n > 1 {
		helpers = min(n, runtime.GOMAXPROCS(0)) - 1
	}
	if helpers == 0 {
		ws := takeWorkspace()
		for i := range n {
			w.do(i, ws)
		}
		workspaces.put(ws)
		return
	}
	g := gangs.get()
	g.begin(w, n, helpers)
	g.join()
	g.end()
	g.panics.Raise()
	gangs.put(g)
}

// begin opens the work and sends for helpers.
func (g *gang) begin(w work, n, helpers int) {
	if g.helper == nil {
		g.helper = g.help
		g.idle.L = &g.mu
	}
	g.mu.Lock()
	g.work, g.n, g.open = w, int64(n), true
	g.next.Store(0)
	missing := helpers - g.pending
	g.pending += max(0, missing)
	g.mu.Unlock()
	for range missing {
		go g.helper()
	}
}

// end closes the work and waits for the helpers that joined it.
func (g *gang) end() {
	g.mu.Lock()
	g.open = false
	for g.active > 0 {
		g.idle.Wait()
	}
	g.work = nil
	g.mu.Unlock()
}

// help joins the work if it is still open.
func (g *gang) help() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending--
	if !g.open {
		return
	}
	g.active++
	g.mu.Unlock()
	g.join()
	g.mu.Lock()
	if g.active--; g.active == 0 {
		g.idle.Signal()
	}
}

// join takes part; a panic is kept for the caller of run.
func (g *gang) join() {
	defer g.panics.Keep()
	g.loop()
}

// loop takes tasks until there are none left.
func (g *gang) loop() {
	var ws *workspace
	for {
		i := g.next.Add(1) - 1
		if i >= g.n {
			break
		}
		if ws == nil {
			ws = takeWorkspace()
		}
		g.work.do(int(i), ws)
	}
	if ws != nil {
		workspaces.put(ws)
	}
}

// freeList keeps objects for reuse; unlike sync.Pool it survives a garbage
// collection. When it is full, objects are left to the collector.
type freeList[T any] chan *T

func (f freeList[T]) get() *T {
	select {
	case x := <-f:
		return x
	default:
		return new(T)
	}
}

func (f freeList[T]) put(x *T) {
	select {
	case f <- x:
	default:
	}
}
