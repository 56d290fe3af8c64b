package blas

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// work is a set of independent tasks 0..n-1; task i may use the workspace.
type work interface {
	do(i int, ws *workspace)
}

// gang runs the tasks of one work on several goroutines. Which goroutine runs
// a task, and when, has no influence on its result.
type gang struct {
	next    atomic.Int64
	n       int64
	work    work
	running sync.WaitGroup
	helper  func() // kept, so that starting a goroutine allocates nothing
}

var gangs = make(freeList[gang], 64)

// run does tasks 0..n-1 of w on up to GOMAXPROCS goroutines, the caller being one.
func run(w work, n int) {
	helpers := 0
	if n > 1 {
		helpers = min(n, runtime.GOMAXPROCS(0)) - 1
	}
	if helpers == 0 {
		ws := workspaces.get()
		for i := range n {
			w.do(i, ws)
		}
		workspaces.put(ws)
		return
	}
	g := gangs.get()
	if g.helper == nil {
		g.helper = func() {
			g.loop()
			g.running.Done()
		}
	}
	g.work, g.n = w, int64(n)
	g.next.Store(0)
	g.running.Add(helpers)
	for range helpers {
		go g.helper()
	}
	g.loop()
	g.running.Wait()
	g.work = nil
	gangs.put(g)
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
			ws = workspaces.get()
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
